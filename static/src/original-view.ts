import { type ChosenFile, formatSize } from './chosen-file.js';
import { element } from './element.js';
import { isTextType } from './media-types.js';
import { PictureFrame } from './picture-frame.js';

const frame = new PictureFrame(element('original', HTMLImageElement));
const invitation = element('invitation', HTMLElement);
const preview = element('original-text', HTMLTextAreaElement);
const noPreview = element('no-preview', HTMLElement);
const caption = element('original-caption', HTMLElement);

/** How much of a text is shown, in bytes. */
const PREVIEW_BYTES = 4096;

/**
 * Shows the file that was chosen, with its name and size; resolves when it is on the screen.
 * @param signal aborts when another file takes its place
 */
export async function showOriginal({ name, bytes }: ChosenFile, signal: AbortSignal): Promise<void> {
  invitation.hidden = true;
  noPreview.hidden = true;
  caption.textContent = `${name}, ${formatSize(bytes.size)}`;
  const text = isTextType(bytes.type) ? await bytes.slice(0, PREVIEW_BYTES).text() : undefined;
  if (signal.aborted) return;
  preview.value = text ?? '';
  preview.hidden = text === undefined;
  if (text !== undefined) return;
  const size = await frame.show(bytes, `Your picture: ${name}`);
  noPreview.hidden = size !== undefined;
  if (size) caption.textContent = `${name}, ${size.width} × ${size.height}, ${formatSize(bytes.size)}`;
}

/** Goes back to the invitation to choose one. */
export function clearOriginal(): void {
  frame.clear();
  noPreview.hidden = true;
  preview.hidden = true;
  invitation.hidden = false;
  caption.textContent = '';
}
