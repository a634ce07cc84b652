import {
  createImageService,
  type ImageHeader,
  type ImageServiceParts,
  requireAccepted,
} from '@app/service-kit';
import { z } from 'zod';
import type { Manifest } from './model.js';
import { sentenceOf } from './sentence.js';
import { shrink } from './shrink.js';
import { Turns } from './turns.js';

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
  // libvips cannot be broken off: without turns, pictures of clients that are gone would pile up before it.
  const turns = new Turns(config.INSTANCES);
  return createImageService({
    ...parts,
    answer: async ({ request, response, image, header, run, deadline }) => {
      requireAccepted(request, ['html', 'json']);
      const shrunk = isForFunction(header)
        ? undefined
        : await turns.take(
            () => shrink(image, header, manifest.input, { timeoutMs: deadline.left() }),
            deadline.signal,
          );
      const output = await run(shrunk ?? image);
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

/**
 * Whether the function, which reads all formats itself, gets a picture as it is: libvips, as sharp ships it, reads no
 * BMP, and looks through all frames of a WebP for each of them.
 */
function isForFunction({ format, frames }: ImageHeader): boolean {
  return format === 'bmp' || (format === 'webp' && frames > 0);
}
