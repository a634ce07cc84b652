import {
  createFunctionService,
  createLogger,
  functionSettings,
  OwnFunctions,
  openTraces,
  readConfig,
  serve,
  start,
} from '@app/service-kit';

/**
 * Serves the functions of one app, by their manifests alone, until it is told to stop.
 *
 * @param appId the app, where `APP_ID` does not say so
 * @param port where to listen, where neither `PORT` nor `APP_PORT` says so
 * @param paths further addresses of functions: path to name
 */
export async function runFunctionService({
  appId,
  port,
  paths = {},
}: {
  appId: string;
  port: number;
  paths?: Readonly<Record<string, string>>;
}): Promise<void> {
  await start(async () => {
    const config = readConfig(functionSettings({ appId, port }));
    const logger = createLogger(config.APP_ID, config);
    const traces = await openTraces(config.APP_ID, config, logger);
    const functions = await OwnFunctions.open({ config, logger });
    await serve({ ...createFunctionService({ functions, config, logger, traces, paths }), config, logger });
  });
}
