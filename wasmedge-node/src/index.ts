export { FunctionError, type FunctionErrorCode } from './errors.js';
export type { Instance, InstanceSource } from './instance.js';
export { FunctionPool, type PoolOptions } from './pool.js';
export { type FunctionCommand, processInstances } from './process-instance.js';
export type { PoolHistograms, PoolStatistics } from './statistics.js';
