import path from 'node:path';
import { languages, readManifest } from '@app/function-manifest';
import { functionStep } from '../functions/steps.js';
import { root, runtimeFolder } from '../paths.js';
import type { Step } from './step.js';

/**
 * The templates as they are, built as functions: what tests make of them need not be compiled ahead of time again, which takes
 * most of a minute for Go. Not those for Rust: a function's name is in the module.
 */
export async function testTemplates(): Promise<Step[]> {
  const others = languages.filter((language) => language !== 'rust');
  return Promise.all(
    others.map(async (language) => {
      const described = await readManifest(path.join(root, 'templates', language));
      const place = path.join(runtimeFolder, 'test-templates', language);
      return { ...functionStep(described), name: `template ${language}`, place };
    }),
  );
}
