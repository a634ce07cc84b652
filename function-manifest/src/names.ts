/** Names of a function by which the page of the original asks for one of ours, and ids of apps. */
const RESERVED = new Set(['rs', 'go', 'web-port', 'image-api-grayscale', 'image-api-classify', 'functions']);

/** What is wrong with a function's name, with the remedy; `undefined` if nothing is. */
export function problemOfName(name: string): string | undefined {
  if (RESERVED.has(name))
    return 'is taken: it names an app or another function; give the folder another name';
  if (name.length > 63) return 'is longer than 63 characters; give the folder a shorter name';
  // A label of RFC 1123, section 2.1. Two names never differ in case alone.
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name))
    return 'is no DNS label; use small letters a to z, digits and hyphens, and a letter or digit at either end';
  return undefined;
}
