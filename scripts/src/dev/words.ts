import { messageOf } from '../setup/errors.js';

/** How long ago something was. */
export function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** What is told of an error; of one that nobody has foreseen, where it comes from, too. */
export function reasonOf(error: unknown): string {
  return messageOf(error, 'save it again') ?? String(error instanceof Error ? error.stack : error);
}
