import { fromUser } from './paths.js';

/** Settings that are paths: docs/settings.md */
const PATHS = [
  'BUILT_DIR',
  'CHROMIUM',
  'DAPRD',
  'DAPR_RUNTIME_PATH',
  'FUNCTION',
  'FUNCTIONS_DIR',
  'MODEL_DIR',
  'WASMEDGE',
  'WASMEDGE_PLUGIN_PATH',
  'WASI_SDK_PATH',
];

/**
 * This process's environment with absolute paths: each service runs in its own folder, and would resolve a relative path
 * against that.
 */
export function userEnvironment(): NodeJS.ProcessEnv {
  const given = PATHS.flatMap((name) => {
    const value = process.env[name];
    return value ? [[name, fromUser(value)] as const] : [];
  });
  return { ...process.env, ...Object.fromEntries(given) };
}
