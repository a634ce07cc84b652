import { createLogger, openTraces, readConfig, serve, start } from '@app/service-kit';
import { createWebPort } from './app.js';
import { settings } from './settings.js';

const NAME = 'web-port';

await start(async () => {
  const config = readConfig(settings);
  const logger = createLogger(NAME, config);
  const traces = await openTraces(NAME, config, logger);
  await serve({ ...createWebPort({ config, logger, traces }), config, logger, close: async () => {} });
});
