export { compilesForLevels, isAotOn } from './aot.js';
export { ChecksumError, verifyChecksums } from './checksums.js';
export { compile, compileAs, compileToModule } from './compile.js';
export {
  type CompiledFor,
  CompileError,
  type CompileErrorCode,
  type Optimisation,
  verifyCompiled,
} from './compiled.js';
export { FunctionError, type FunctionErrorCode } from './errors.js';
export { forkInstances } from './fork-instance.js';
export type { ForkOptions } from './fork-server.js';
export type { FunctionCommand } from './function-command.js';
export { checkImports, ImportsError, importsOf, kindOf, type ModuleImport } from './imports.js';
export type { FunctionKind, Instance, InstanceSource } from './instance.js';
export { FunctionPool, type PoolOptions } from './pool.js';
export { processInstances } from './process-instance.js';
export { pssMb, residentMemory } from './process-memory.js';
export {
  findRuntime,
  MIN_RUNTIME_VERSION,
  type Runtime,
  RuntimeError,
  type RuntimeErrorCode,
} from './runtime.js';
export { checkSandbox, SandboxError } from './sandbox.js';
export type { PoolHistograms, PoolStatistics } from './statistics.js';
export type { RunOptions } from './task.js';
export { verifyFunction } from './verify-function.js';
