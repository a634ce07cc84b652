/** What a tutorial has its reader do, or says that they see. */
export type TutorialStep = { readonly line: number } & (
  | { readonly kind: 'command'; readonly command: string }
  | { readonly kind: 'file'; readonly file: string; readonly text: string }
  | { readonly kind: 'change'; readonly file: string; readonly before: string; readonly after: string }
  | { readonly kind: 'seen'; readonly lines: readonly string[] }
);

/** A block of code of a text in Markdown, and the paragraph before it. */
interface Block {
  readonly line: number;
  readonly language: string;
  readonly text: string;
  readonly paragraph: string;
}

/**
 * Reads the steps from a tutorial's blocks of code: `sh` is typed, `text` is seen then, `diff` is a change of a file, and
 * any other is all of a file. The paragraph before the block ends with the file's name: "… `path/of/file`:".
 *
 * @throws Error naming the line of a block that is none of these
 */
export function stepsOf(markdown: string): TutorialStep[] {
  return blocksOf(markdown).map(({ line, language, text, paragraph }): TutorialStep => {
    if (language === 'sh') return { line, kind: 'command', command: text };
    if (language === 'text') return { line, kind: 'seen', lines: text.split('\n').filter(Boolean) };
    const [, file] = /`([^`]+)`[^`]*:$/.exec(paragraph) ?? [];
    if (file === undefined) throw new Error(`line ${line}: no file is named before this block`);
    if (language !== 'diff') return { line, kind: 'file', file, text };
    const side = (sign: string) =>
      text
        .split(/(?<=\n)/)
        .filter((each) => [' ', '\n', sign].includes(each.charAt(0)))
        .map((each) => each.replace(/^[ +-]/, ''))
        .join('');
    return { line, kind: 'change', file, before: side('-'), after: side('+') };
  });
}

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
    ({ index, 1: language = '', 2: text = '' }) => {
      const before = markdown.slice(0, index);
      const paragraph = before.trimEnd().split('\n').at(-1) ?? '';
      return { line: before.split('\n').length, language, text, paragraph };
    },
  );
}

/**
 * Whether lines are in an output, in this order, others between them: `…` stands for anything, one number for another
 * before a unit of time, and what aligns columns does not count.
 *
 * @returns the first line that is not there; `undefined` if all are
 */
export function firstMissing(lines: readonly string[], output: string): string | undefined {
  const written = output.split('\n').map(plain);
  let at = 0;
  return lines.find((line) => {
    const pattern = new RegExp(patternOf(plain(line)));
    const found = written.findIndex((each, index) => index >= at && pattern.test(each));
    at = found + 1;
    return found === -1;
  });
}

function plain(line: string): string {
  return line.replace(/ {2,}/g, ' ').trim();
}

function patternOf(line: string): string {
  const literal = line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return literal.replaceAll('…', '.*').replace(/\d+(\\\.\d+)?(?= (ms|s|min)\b)/g, '[\\d.]+');
}
