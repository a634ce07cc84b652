export { requireAccepted } from './accepted.js';
export { Admission } from './admission.js';
export { createApp } from './app.js';
export { requireAppToken } from './app-token.js';
export { integer, readConfig, serverSettings } from './config.js';
export { openFunction } from './function-pool.js';
export { functionSettings } from './function-settings.js';
export type { ImageHeader } from './image-header.js';
export { createImageService, type ImageServiceParts } from './image-service.js';
export { readImage } from './image-upload.js';
export { createLogger } from './logger.js';
export { Metrics } from './metrics.js';
export { only } from './only.js';
export { originList, requireOrigin } from './origins.js';
export { Problem } from './problem.js';
export { noteFunctionTime } from './request-log.js';
export {
  ANSWER_LENGTH_HEADER,
  ClientGoneError,
  type Deadline,
  deadlineOf,
  TIMEOUT_HEADER,
} from './request-signal.js';
export { serve, start } from './server.js';
export { Sidecar, sidecarSettings } from './sidecar.js';
