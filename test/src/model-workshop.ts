import { copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { parts } from './built-parts.js';
import { folders } from './mounts.js';
import { workshop } from './workshop.js';

/** A workshop that has classify, built; and a folder with a model and labels for it. */
export async function modelWorkshop(t: TestContext) {
  const shop = await workshop(t);
  const own = path.join(shop.functions, 'classify');
  await cp(path.join(folders.repository, 'functions/classify/model'), path.join(own, 'model'), {
    recursive: true,
  });
  const yaml = await readFile(path.join(folders.repository, 'functions/classify/function.yaml'), 'utf8');
  await writeFile(
    path.join(own, 'function.yaml'),
    yaml.replace('build: rust', 'build: {wasm: classify.wasm}'),
  );
  await copyFile(parts.function('classify', 'wasm'), path.join(own, 'classify.wasm'));
  // What is compiled of the same module already is not compiled again.
  await cp(path.dirname(parts.function('classify', 'so')), path.join(shop.built, 'classify'), {
    recursive: true,
  });
  const given = path.join(shop.folder, 'given');
  await mkdir(given);
  await writeFile(path.join(given, 'labels.txt'), 'red\ngreen\nblue\n');
  /** Puts a model of test/fixtures/models there; returns its path. */
  const give = async (model: string, name = `${model}.tflite`) => {
    const file = path.join(given, name);
    await copyFile(parts.picture(`models/${model}.tflite`), file);
    return file;
  };
  const add = (...args: readonly string[]) => shop.run('model', 'add', ...args);
  const names = async () => (await readdir(shop.functions)).filter((name) => name !== '.cargo').sort();
  return { ...shop, given, give, add, names };
}
