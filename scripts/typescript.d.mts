/** Path of the TypeScript compiler, which npm has installed. */
export function typeScriptCompiler(): Promise<string>;
