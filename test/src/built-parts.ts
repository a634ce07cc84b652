import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What set-up builds or brings in, and what the repository has for tests. Absolute paths. */
export const parts = {
  /** The WasmEdge in use: WASMEDGE, else the one that set-up brought in. */
  wasmedge: process.env.WASMEDGE ?? `${repository}.runtime/wasmedge/bin/wasmedge`,
  /** The folder of WasmEdge's plug-ins. */
  plugins: process.env.WASMEDGE_PLUGIN_PATH ?? `${repository}.runtime/plugins`,
  /** The folder of the plug-in `system_call`, which only tests load. */
  testPlugins: `${repository}.runtime/test-plugins`,
  /** The browser of the page's tests. */
  chromium: `${repository}.runtime/chromium/start`,
  /** The collector of traces, where `npm run stress` or `npm start -- --traces` has brought it in. */
  jaeger: `${repository}.runtime/jaeger/jaeger`,
  /** The program of the newest Node. */
  newestNode: `${repository}.runtime/newest-node/node_modules/.bin/node`,
  /** A guest of test/guests, as WebAssembly, compiled ahead of time, or what that was made from. */
  guest: (name: string, kind: 'wasm' | 'so' | 'json') => `${repository}.runtime/test-guests/${name}.${kind}`,
  /** A program by the kit of a language, as WebAssembly, or, but of Go, compiled ahead of time. */
  kitGuest: (language: 'c' | 'cpp' | 'go', kind: 'wasm' | 'so') =>
    `${repository}.runtime/kit-guests/${language}.${kind}`,
  /** A function of functions/, as WebAssembly or compiled ahead of time. */
  function: (name: string, kind: 'wasm' | 'so') => `${repository}.runtime/functions/${name}/${name}.${kind}`,
  /** What set-up builds of a language's template: `<language>.wasm` and `.so`. */
  template: (language: string) => `${repository}.runtime/test-templates/${language}`,
  /** The bundled model's folder. */
  model: `${repository}functions/classify/model`,
  /** Models of one operator, made by make_models.py there. */
  smallModels: `${repository}test/guests/wasi-nn-infer/models`,
  /** A photograph that lies beside the page. */
  coffee: `${repository}static/public/coffee.jpg`,
  /** A picture of test/fixtures. */
  picture: (name: string) => `${repository}test/fixtures/${name}`,
};
