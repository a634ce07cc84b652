import { type FunctionRequest, type ImageHeader, requireAccepted, type Traces } from '@app/service-kit';
import { z } from 'zod';
import type { ConcurrencyLimit } from './concurrency-limit.js';
import type { Manifest } from './model.js';
import { sentenceOf } from './sentence.js';
import { shrink } from './shrink.js';

/** What the classify function writes. */
const functionOutput = z.object({
  model: z.string(),
  predictions: z.array(z.object({ label: z.string(), confidence: z.number() })),
});

/**
 * Answers what is in a picture, as one sentence of HTML, or as JSON with the model's five best where the client asks for
 * that.
 *
 * @param manifest of the model
 * @param limit how many pictures are shrunk at once: libvips cannot be broken off, and without it those of clients that are
 *   gone would pile up
 */
export function classification(manifest: Manifest, limit: ConcurrencyLimit, traces: Traces | undefined) {
  return async ({ request, response, input, picture, run, deadline }: FunctionRequest): Promise<void> => {
    requireAccepted(request, ['html', 'json']);
    const shrunkOf = (header: ImageHeader) =>
      limit.run(() => shrink(input, header, manifest.input, { timeoutMs: deadline.left() }), deadline.signal);
    const shrunk =
      picture === undefined || isForFunction(picture)
        ? undefined
        : await (traces === undefined
            ? shrunkOf(picture)
            : traces.within(response, { name: 'shrink' }, () => shrunkOf(picture)));
    const output = await run(shrunk ?? input);
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
  };
}

/**
 * Whether the function, which reads all formats itself, gets a picture as it is: libvips, as sharp ships it, reads no
 * BMP, and looks through all frames of a WebP for each of them.
 */
function isForFunction({ format, frames }: ImageHeader): boolean {
  return format === 'bmp' || (format === 'webp' && frames > 0);
}
