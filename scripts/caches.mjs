import { accessSync, constants, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * Where the home folder cannot be written, gives npm, Go, Cargo and pip caches in `folder`, by their environment variables;
 * those that the user has set to a place outside of it stay. Cargo's own configuration, which lies beside its cache, stays in
 * force.
 *
 * @param {string} folder
 */
export function moveCachesTo(folder) {
  if (isWritable(homedir())) return;
  const { CARGO_HOME = path.join(homedir(), '.cargo') } = process.env;
  const cargo = path.join(folder, 'cargo');
  mkdirSync(cargo, { recursive: true });
  for (const file of ['config.toml', 'credentials.toml'].map((name) => path.join(CARGO_HOME, name))) {
    const link = path.join(cargo, path.basename(file));
    if (existsSync(file) && !existsSync(link)) symlinkSync(file, link);
  }
  const caches = {
    npm_config_cache: path.join(folder, 'npm'),
    GOPATH: path.join(folder, 'go'),
    GOCACHE: path.join(folder, 'go-build'),
    CARGO_HOME: cargo,
    PIP_CACHE_DIR: path.join(folder, 'pip'),
  };
  // npm tells its scripts where its cache is, also where that is its default.
  for (const [name, value] of Object.entries(caches))
    if ((process.env[name] ?? homedir()).startsWith(homedir())) process.env[name] = value;
}

function isWritable(place) {
  try {
    accessSync(place, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
