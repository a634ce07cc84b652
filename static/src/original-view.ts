import { element } from './element.js';
import { formatSize, type Picture } from './picture.js';
import { PictureFrame } from './picture-frame.js';

const frame = new PictureFrame(element('original', HTMLImageElement));
const invitation = element('invitation', HTMLElement);
const noPreview = element('no-preview', HTMLElement);
const caption = element('original-caption', HTMLElement);

/** Shows the picture that was chosen, with its name and size; resolves when it is on the screen. */
export async function showOriginal({ name, bytes }: Picture): Promise<void> {
  invitation.hidden = true;
  noPreview.hidden = true;
  caption.textContent = `${name}, ${formatSize(bytes.size)}`;
  const size = await frame.show(bytes, `Your picture: ${name}`);
  noPreview.hidden = size !== undefined;
  if (size) caption.textContent = `${name}, ${size.width} × ${size.height}, ${formatSize(bytes.size)}`;
}

/** Goes back to the invitation to choose one. */
export function clearOriginal(): void {
  frame.clear();
  noPreview.hidden = true;
  invitation.hidden = false;
  caption.textContent = '';
}
