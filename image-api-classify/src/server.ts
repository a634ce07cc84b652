import { fileURLToPath } from 'node:url';
import { createLogger, functionSettings, openFunction, readConfig, serve, start } from '@app/service-kit';
import { z } from 'zod';
import { createClassifyService } from './app.js';
import { readManifest } from './model.js';

const bundledModel = fileURLToPath(new URL('../../functions/classify/model', import.meta.url));

await start(async () => {
  const config = readConfig({
    ...functionSettings({ name: 'classify', port: 9003 }),
    MODEL_DIR: z.string().default(bundledModel),
  });
  const logger = createLogger('image-api-classify', config);
  const manifest = await readManifest(config.MODEL_DIR);
  const pool = await openFunction(config, {
    logger,
    folders: { '/model': config.MODEL_DIR },
  });
  const { app, admission } = createClassifyService({ config, logger, pool, manifest });
  await serve({ app, admission, config, logger, close: () => pool.close() });
});
