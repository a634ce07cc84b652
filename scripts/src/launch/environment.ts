import { fromUser } from '../paths.js';

/** Settings that are paths: docs/settings.md */
const PATHS = ['FUNCTION', 'MODEL_DIR', 'WASMEDGE_PLUGIN_PATH', 'DAPRD', 'CHROMIUM'];

/**
 * This process's environment, as the apps get it. Each of them runs in its own folder: a relative path is made absolute
 * here, where it is still known what it was relative to.
 */
export function userEnvironment(): NodeJS.ProcessEnv {
  const { WASMEDGE } = process.env;
  const given = PATHS.flatMap((name) => {
    const value = process.env[name];
    return value ? [[name, fromUser(value)]] : [];
  });
  return {
    ...process.env,
    ...Object.fromEntries(given),
    // Without a slash it is looked for on PATH.
    ...(WASMEDGE?.includes('/') && { WASMEDGE: fromUser(WASMEDGE) }),
  };
}
