import {
  ConfigError,
  createFunctionService,
  createLogger,
  functionSettings,
  openFunctions,
  readConfig,
  readOwnFunctions,
  serve,
  start,
} from '@app/service-kit';
import { z } from 'zod';
import { classification } from './classification.js';
import { readManifest } from './model.js';

const NAME = 'classify';

await start(async () => {
  const config = readConfig({
    ...functionSettings({ appId: 'image-api-classify', port: 9003 }),
    MODEL_DIR: z.string().optional(),
  });
  const logger = createLogger(config.APP_ID, config);
  const { functions, problems } = await readOwnFunctions(config);
  const own = functions.find(({ name }) => name === NAME);
  const model = config.MODEL_DIR ?? own?.folders['/model'];
  if (own === undefined || model === undefined)
    throw new ConfigError(
      `${config.APP_ID} has no function ${NAME} with a folder /model. Set MODEL_DIR to one.`,
    );
  const manifest = await readManifest(model);
  const classify = { ...own, folders: { ...own.folders, '/model': model } };
  const others = functions.filter((each) => each !== own);
  const opened = await openFunctions({ functions: [classify, ...others], problems }, config, logger);
  const instances = opened.served.get(NAME)?.description.instances ?? 1;
  const service = createFunctionService({
    ...opened,
    config,
    logger,
    paths: { '/api/image': NAME },
    answers: { [NAME]: classification(manifest, instances) },
  });
  await serve({ ...service, config, logger });
});
