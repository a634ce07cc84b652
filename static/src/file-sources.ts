import type { PageFunction } from './functions.js';
import { extensionOf, inputWord, textTypeFor } from './media-types.js';
import { Problem } from './problem.js';

/** Called with the file that was chosen, or with why there is none. */
type OnFile = (file: File | Problem) => void;

/** Takes files from a file input. */
export function onChoose(input: HTMLInputElement, onFile: OnFile): void {
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    // Emptied, so that choosing the same file again is a change again.
    input.value = '';
    if (file) onFile(file);
  });
}

/** Takes files dropped anywhere on the page; while one is held over it, the page has the class `dropping`. */
export function onDrop(onFile: OnFile): void {
  const { classList } = document.documentElement;
  addEventListener('dragover', (event) => {
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
    classList.add('dropping');
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) classList.remove('dropping');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    classList.remove('dropping');
    onFile(
      event.dataTransfer?.files[0] ??
        new Problem('That was not a file.', 'Save it on your computer, then drop the file here.'),
    );
  });
}

/**
 * Takes a file pasted anywhere on the page, or a text as a file where the function takes text.
 * @param chosen the function that is chosen now
 */
export function onPaste(onFile: OnFile, chosen: () => PageFunction | undefined): void {
  addEventListener('paste', (event) => {
    const [file] = event.clipboardData?.files ?? [];
    onFile(file ?? fileOfText(event.clipboardData?.getData('text/plain') ?? '', chosen()));
  });
}

function fileOfText(text: string, chosen: PageFunction | undefined): File | Problem {
  const type = chosen && textTypeFor(chosen);
  if (text !== '' && type !== undefined) return new File([text], `pasted.${extensionOf(type)}`, { type });
  return chosen && inputWord(chosen) === 'picture'
    ? new Problem(
        'There is no picture to paste.',
        'Copy a picture, not its address or text, then paste again.',
      )
    : new Problem('There is no file to paste.', 'Copy a file, then paste again.');
}

/**
 * Fetches the picture that comes with the page.
 * @throws Problem when it cannot be fetched; the signal's reason when that aborts
 */
export async function fetchSample(signal: AbortSignal): Promise<File> {
  try {
    const response = await fetch('./coffee.jpg', {
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    });
    if (!response.ok) throw new Error(`coffee.jpg: ${response.status}`);
    return new File([await response.blob()], 'coffee.jpg', { type: 'image/jpeg' });
  } catch (cause) {
    signal.throwIfAborted();
    throw new Problem(
      'The sample picture did not come.',
      'Reload the page, or choose a picture of your own.',
      {
        cause,
      },
    );
  }
}
