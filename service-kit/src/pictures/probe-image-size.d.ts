declare module 'probe-image-size/sync.js' {
  /** Reads the size in a header, by format; nothing where it cannot be read. */
  const probe: {
    readonly parsers: Readonly<Record<'png' | 'gif' | 'webp' | 'bmp', (image: Uint8Array) => unknown>>;
  };
  export default probe;
}
