import { element } from './element.js';
import type { PageFunction } from './functions.js';

const app = element('way-app', HTMLElement);
const run = element('way-run', HTMLElement);

/** Says which way an input of this function goes. */
export function showWay({ name, app: appId }: PageFunction): void {
  app.textContent = appId ?? 'its service';
  run.textContent = `runs ${name}.wasm, in a sandbox`;
}
