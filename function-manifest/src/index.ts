export { commandOf } from './command.js';
export type { Build, FunctionDescription, OwnBuild } from './description.js';
export { ManifestError } from './errors.js';
export { type Language, languages } from './languages.js';
export { problemOfName } from './names.js';
export { builtFunction, functionsFolder, SHARED_APP } from './places.js';
export { readFunctions } from './read-functions.js';
export { defaultLimits, readManifest } from './read-manifest.js';
export { versionOf } from './version.js';
