import { homedir } from 'node:os';

/**
 * Variables that the programs of set-up get from the user's environment: where things are, how registries are reached, and
 * what certifies them. What would change what is built (RUSTFLAGS, GOFLAGS, CFLAGS, PYTHONPATH, NODE_ENV, ...) is left out.
 */
const PASSED_ON = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|TERM|TMPDIR|LD_LIBRARY_PATH|XDG_(CACHE|CONFIG|DATA)_HOME)$/,
  /^(https?|all|no)_proxy$/i,
  /^(SSL_CERT_(FILE|DIR)|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|NODE_EXTRA_CA_CERTS)$/,
  // https://doc.rust-lang.org/cargo/reference/environment-variables.html, https://rust-lang.github.io/rustup/environment-variables.html
  /^(CARGO_HOME|CARGO_(HTTP|NET|REGISTRY|REGISTRIES|SOURCE)_\w+|RUSTUP_(HOME|TOOLCHAIN|DIST_SERVER|UPDATE_ROOT))$/,
  // https://go.dev/ref/mod#environment-variables
  /^(GOROOT|GOPATH|GOCACHE|GOMODCACHE|GOENV|GOAUTH|GOPROXY|GOPRIVATE|GONOPROXY|GOSUMDB|GONOSUMDB|GOINSECURE)$/,
  // https://docs.npmjs.com/cli/using-npm/config; the tokens are what .npmrc files refer to, as a rule.
  /^(npm_config_(registry|userconfig|globalconfig|cache|(https_)?proxy|noproxy|cafile|strict_ssl)|NPM_TOKEN|NODE_AUTH_TOKEN)$/i,
  // https://pip.pypa.io/en/stable/topics/configuration/
  /^PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|TRUSTED_HOST|PROXY|CERT|CLIENT_CERT|CONFIG_FILE|CACHE_DIR|NO_CACHE_DIR|DEFAULT_TIMEOUT|KEYRING_PROVIDER)$/,
];

/**
 * The same for everybody, also against what `go env -w` and pip.conf say. What the user's Cargo configuration says of their
 * machine (a linker, a mirror) stays in force.
 */
const SET = {
  LC_ALL: 'C.UTF-8',
  PIP_REQUIRE_VIRTUALENV: '0',
  // No C compiler is needed, go.mod alone decides on modules, and there is never another Go than the one here.
  CGO_ENABLED: '0',
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
  // Were they empty, the user's own would count. `npm run clean` can remove a module cache that may be written.
  GOFLAGS: '-mod=readonly -modcacherw',
  GOOS: process.platform,
  GOARCH: process.arch === 'x64' ? 'amd64' : process.arch,
} as const;

/** The environment of the programs that set-up runs. */
export function toolEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const passed = Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && PASSED_ON.some((pattern) => pattern.test(name)) ? [[name, value] as const] : [],
  );
  return { HOME: homedir(), ...Object.fromEntries(passed), ...SET };
}
