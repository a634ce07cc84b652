import { functionsFolder, programOf, readFunctions } from '@app/function-manifest';
import {
  ConfigError,
  createFunctionService,
  createLogger,
  functionSettings,
  OwnFunctions,
  openTraces,
  readConfig,
  serve,
  start,
} from '@app/service-kit';
import { z } from 'zod';
import { classifications } from './classifications.js';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { readManifest } from './model.js';

const NAME = 'classify';

await start(async () => {
  const config = readConfig({
    ...functionSettings({ appId: 'image-api-classify', port: 9003 }),
    MODEL_DIR: z.string().optional(),
  });
  const logger = createLogger(config.APP_ID, config);
  const traces = await openTraces(config.APP_ID, config, logger);
  const { functions: described } = await readFunctions(functionsFolder, { sources: false });
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
  const instances = [...functions.served.values()].map(({ description }) => description.instances);
  const classify = classifications(new ConcurrencyLimit(Math.max(1, ...instances)), traces);
  const service = createFunctionService({
    functions,
    config,
    logger,
    traces,
    paths: { '/api/image': NAME },
    answerOf: (description) => (programOf(description) === NAME ? classify(description) : undefined),
  });
  await serve({ ...service, config, logger });
});
