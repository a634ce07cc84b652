export { FunctionError, type FunctionErrorCode } from './errors.js';
export { forkInstances } from './fork-instance.js';
export type { ForkOptions } from './fork-server.js';
export type { FunctionCommand } from './function-command.js';
export type { Instance, InstanceSource } from './instance.js';
export { FunctionPool, type PoolOptions } from './pool.js';
export { processInstances } from './process-instance.js';
export type { PoolHistograms, PoolStatistics } from './statistics.js';
