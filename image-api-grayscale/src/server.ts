import { createLogger, functionSettings, openFunction, readConfig, serve, start } from '@app/service-kit';
import { createGrayscaleService } from './app.js';

await start(async () => {
  const config = readConfig(functionSettings({ name: 'grayscale', port: 9004 }));
  const logger = createLogger('image-api-grayscale', config);
  const pool = await openFunction(config, {
    logger,
  });
  const { app, admission } = createGrayscaleService({ config, logger, pool });
  await serve({ app, admission, config, logger, close: () => pool.close() });
});
