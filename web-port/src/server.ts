import { createLogger, readConfig, serve, start } from '@app/service-kit';
import { createWebPort } from './app.js';
import { settings } from './settings.js';

await start(async () => {
  const config = readConfig(settings);
  const logger = createLogger('web-port', config);
  await serve({ ...createWebPort({ config, logger }), config, logger, close: async () => {} });
});
