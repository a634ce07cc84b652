import { type FunctionRequest, Problem, type RunnableFunction, type Traces } from '@app/service-kit';
import { classification } from './classification.js';
import type { ConcurrencyLimit } from './concurrency-limit.js';
import { type Manifest, readManifest } from './model.js';

/**
 * Answers for each function that has the program of classify, by its own model. That is read with the first request; what is
 * wrong with it the program mostly says itself, and is not served then.
 *
 * @param limit how many pictures are shrunk at once
 */
export function classifications(limit: ConcurrencyLimit, traces: Traces | undefined) {
  const manifests = new WeakMap<RunnableFunction, Promise<Manifest>>();
  return (description: RunnableFunction) =>
    async (request: FunctionRequest): Promise<void> => {
      const manifest = manifests.get(description) ?? manifestOf(description);
      manifests.set(description, manifest);
      await classification(await manifest, limit, traces)(request);
    };
}

async function manifestOf({ name, folders }: RunnableFunction): Promise<Manifest> {
  return readManifest(folders['/model'] ?? '', 'Correct it.').catch((cause: unknown) => {
    throw new Problem(
      503,
      'ERR_FUNCTION_UNAVAILABLE',
      `The function ${name} cannot be served: its model.json is wrong. The log says more.`,
      { cause },
    );
  });
}
