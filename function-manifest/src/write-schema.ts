import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { functionsFolder } from './places.js';
import { jsonSchema } from './schema.js';

await writeFile(
  path.join(functionsFolder, 'function.schema.json'),
  `${JSON.stringify(jsonSchema(), undefined, 2)}\n`,
);
