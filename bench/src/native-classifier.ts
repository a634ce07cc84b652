import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '@app/scripts/paths';
import { modelFolder } from './functions.js';
import { python } from './python.js';

const PROGRAM = path.join(root, 'bench/native_classifier.py');

/** LiteRT in a Python process, outside any sandbox. */
export class NativeClassifier {
  /** Time of the last inference alone, in ms. */
  inferenceMs = 0;
  readonly #child;
  readonly #lines;
  readonly #closed;
  readonly #labels: readonly string[];

  static async start(): Promise<NativeClassifier> {
    const folder = await modelFolder();
    const labels = (await readFile(path.join(folder, 'labels.txt'), 'utf8')).split('\n');
    return new NativeClassifier(path.join(folder, 'model.tflite'), labels);
  }

  private constructor(model: string, labels: readonly string[]) {
    this.#child = spawn(python, [PROGRAM, model], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
    this.#closed = once(this.#child, 'close');
    this.#labels = labels;
    this.#child.stdin.on('error', () => {}); // The missing answer says it.
  }

  /**
   * The best label for a picture of the model's input size.
   *
   * @param pixels `[1, height, width, 3]` uint8 RGB
   */
  async classify(pixels: Buffer): Promise<string> {
    this.#child.stdin.write(pixels);
    const { value, done } = await this.#lines.next();
    const [, index, ms] = /^(\d+) (\S+)$/.exec(done ? '' : value) ?? [];
    const label = this.#labels[Number(index)];
    if (label === undefined) throw new Error(`${python} ${PROGRAM} gave no label`);
    this.inferenceMs = Number(ms);
    return label;
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#closed;
  }
}
