/** An `<img>` that shows bytes from memory; it owns the object URL they are shown by. */
export class PictureFrame {
  readonly #image: HTMLImageElement;

  constructor(image: HTMLImageElement) {
    this.#image = image;
  }

  /** The address of what is shown: valid until something else is. */
  get url(): string {
    return this.#image.src;
  }

  /** Shows a picture. Resolves with its size in pixels, or with nothing when the browser cannot show it. */
  async show(bytes: Blob, alt: string): Promise<{ width: number; height: number } | undefined> {
    this.clear();
    const image = this.#image;
    const shown = new Promise<boolean>((resolve) => {
      image.onload = () => resolve(true);
      image.onerror = () => resolve(false);
    });
    image.alt = alt;
    image.src = URL.createObjectURL(bytes);
    image.hidden = !(await shown);
    return image.hidden ? undefined : { width: image.naturalWidth, height: image.naturalHeight };
  }

  clear(): void {
    this.#image.hidden = true;
    this.#image.onload = null;
    this.#image.onerror = null;
    URL.revokeObjectURL(this.#image.src);
    this.#image.removeAttribute('src');
  }
}
