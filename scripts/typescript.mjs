/**
 * The TypeScript compiler: a native program, started straight, as npm's wrapper around it costs a second start of Node.
 * Imported when it is called for: on a fresh clone it is not there yet.
 */
export async function typeScriptCompiler() {
  const { default: pathOfCompiler } = await import('../node_modules/typescript/lib/getExePath.js');
  return pathOfCompiler();
}
