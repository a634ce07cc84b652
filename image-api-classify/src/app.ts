import { createImageService, type ImageServiceParts } from '@dapr-wasmedge/service-kit';
import { z } from 'zod';
import type { Manifest } from './model.js';
import { sentenceOf } from './sentence.js';
import { shrink } from './shrink.js';

/** What the classify function writes. */
const functionOutput = z.object({
  model: z.string(),
  predictions: z.array(z.object({ label: z.string(), confidence: z.number() })),
});

/**
 * The classify service: `POST /api/image` answers what is in the picture, as one sentence of HTML, or as JSON with
 * the model's five best where the client asks for that.
 */
export function createClassifyService(parts: Omit<ImageServiceParts, 'answer'> & { manifest: Manifest }) {
  const { manifest, config } = parts;
  return createImageService({
    ...parts,
    answer: async ({ response, image, header, run }) => {
      // libvips, as sharp ships it, reads no BMP; the function reads all formats itself.
      const input = header.format === 'bmp' ? image : await shrink(image, manifest.input, config.MAX_PIXELS);
      const output = await run(input);
      const { model, predictions } = functionOutput.parse(JSON.parse(output.toString('utf8')));
      const [best] = predictions;
      const sentence = sentenceOf(best, manifest.subject);
      response.format({
        html: () => response.send(sentence),
        json: () =>
          response.json({
            label: best?.label ?? null,
            confidence: best?.confidence ?? 0,
            sentence,
            predictions,
            model,
          }),
      });
    },
  });
}
