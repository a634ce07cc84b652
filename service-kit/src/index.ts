export { takesPicturesAlone } from './functions/media-types.js';
export { OwnFunctions } from './functions/own-functions.js';
export { createFunctionService, type FunctionRequest } from './functions/service.js';
export { functionSettings, type RunnableFunction, withSettings } from './functions/settings.js';
export { originList, requireOrigin } from './http/access.js';
export { Admission } from './http/admission.js';
export { allowMethods, createApp, requireAccepted } from './http/app.js';
export { type Input, readInput } from './http/body.js';
export {
  ANSWER_LENGTH_HEADER,
  ClientGoneError,
  CODE_HEADER,
  type Deadline,
  deadlineOf,
  TIMEOUT_HEADER,
} from './http/deadline.js';
export { Metrics } from './http/metrics.js';
export { Problem } from './http/problem.js';
export { noteFunction } from './http/request-log.js';
export { traceHeaders } from './http/trace-context.js';
export type { ImageHeader } from './pictures/header.js';
export { ConfigError, integer, readConfig, type ServerConfig, serverSettings } from './process/config.js';
export { createLogger } from './process/logger.js';
export { serve, start } from './process/serve.js';
export { openTraces, type Traces } from './traces/traces.js';
