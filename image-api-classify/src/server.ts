import { programOf, readFunctions } from '@app/function-manifest';
import {
  type Answer,
  ConfigError,
  createFunctionService,
  createLogger,
  functionSettings,
  OwnFunctions,
  type RunnableFunction,
  readConfig,
  serve,
  start,
} from '@app/service-kit';
import { z } from 'zod';
import { classification } from './classification.js';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { readManifest } from './model.js';

const NAME = 'classify';

await start(async () => {
  const config = readConfig({
    ...functionSettings({ appId: 'image-api-classify', port: 9003 }),
    MODEL_DIR: z.string().optional(),
  });
  const logger = createLogger(config.APP_ID, config);
  const { functions: described } = await readFunctions();
  const own = described.find(({ name, app }) => name === NAME && app === config.APP_ID);
  const model = config.MODEL_DIR ?? own?.folders['/model'];
  if (own === undefined || model === undefined)
    throw new ConfigError(
      `${config.APP_ID} has no function ${NAME} with a folder /model. Set MODEL_DIR to one.`,
    );
  await readManifest(model, 'Set MODEL_DIR to a folder that has one.');
  const functions = await OwnFunctions.open({
    config,
    logger,
    adapt: (each) => (each.name === NAME ? { ...each, folders: { ...each.folders, '/model': model } } : each),
  });
  const atOnce = [...functions.served.values()].map(({ description }) => description.instances);
  const service = createFunctionService({
    functions,
    config,
    logger,
    paths: { '/api/image': NAME },
    answerOf: answers(new ConcurrencyLimit(Math.max(...atOnce)), logger),
  });
  await serve({ ...service, config, logger });
});

/**
 * How functions that have classify's program answer. What is wrong with a model the function says itself when it starts; if
 * only the service needs it, the function's own answers are given as they are.
 */
function answers(limit: ConcurrencyLimit, logger: ReturnType<typeof createLogger>) {
  const known = new WeakMap<RunnableFunction, Promise<Answer | undefined>>();
  const find = async (description: RunnableFunction): Promise<Answer | undefined> => {
    const { '/model': model } = description.folders;
    if (programOf(description) !== NAME || model === undefined) return undefined;
    try {
      return classification(await readManifest(model, 'Correct it.'), limit);
    } catch (err) {
      logger.error({ function: description.name, err }, 'answers without a sentence');
      return undefined;
    }
  };
  return (description: RunnableFunction): Promise<Answer | undefined> => {
    const found = known.get(description) ?? find(description);
    known.set(description, found);
    return found;
  };
}
