import { createLogger, readConfig, serve, start } from '@app/service-kit';
import { createWebPort } from './app.js';
import { settings } from './config.js';

await start(async () => {
  const config = readConfig(settings);
  const logger = createLogger('web-port', config);
  const { app, admission } = createWebPort({ config, logger });
  await serve({ app, admission, config, logger, close: async () => {} });
});
