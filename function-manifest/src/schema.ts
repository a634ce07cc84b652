import { z } from 'zod';
import { languages } from './languages.js';
import { SHARED_APP } from './places.js';
import { count, duration, size } from './quantities.js';

/** A token of RFC 9110, section 5.6.2. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const MEDIA_TYPE = new RegExp(`^(?!\\*)${TOKEN}/(?!\\*)${TOKEN}$`);
const MEDIA_RANGE = new RegExp(`^(\\*/\\*|(?!\\*)${TOKEN}/(\\*|(?!\\*)${TOKEN}))$`);

const RANGE = 'must be a media type, such as image/* or text/plain';

const BUILD = `must be ${languages.join(', ')}, {run: [a command and its arguments], wasm: a path}, {wasm: a path} or {function: its name}`;

const pathInFolder = z.string('must be a path').min(1, 'must be a path');

const command = z.array(z.string().min(1, 'must not be empty')).min(1, 'must have the command');

const build = z
  .union(
    [
      z.literal(languages),
      z.strictObject({ run: command.exactOptional(), wasm: pathInFolder }),
      z.strictObject({ function: z.string() }),
    ],
    BUILD,
  )
  .describe(
    "How the module is made. A language: by its compiler, which set-up brings in where it can. {run, wasm}: by a command that is run in the function's folder and writes the file wasm. {wasm}: it is not; the file is there already. {function}: it is that of another function.",
  );

/** Memory: WebAssembly has at most 4 GiB of it. */
const limits = z
  .strictObject(
    {
      memory: size({ min: '1Mi', max: '4Gi', default: '256Mi' }, 'Most memory of one instance.'),
      timeout: duration({ min: '1ms', max: '600s', default: '30s' }, 'Longest time of a request.'),
      input: size({ min: '1', max: '1Gi', default: '10Mi' }, 'Largest input.'),
      output: size({ min: '1', max: '1Gi', default: '64Mi' }, 'Largest answer.'),
      pixels: count(1, 1_000_000_000, 'Largest picture; of an animation, all frames together.').default(
        50_000_000,
      ),
    },
    'must be a mapping, such as {memory: 256Mi, timeout: 30s}',
  )
  .prefault({})
  .describe('What one request may take.');

/** A `function.yaml`: the one definition of its keys, their values and their defaults. */
export const manifestSchema = z.strictObject(
  {
    title: z
      .string('must be text of 1 to 100 characters')
      .trim()
      .regex(/^[^\n]{1,100}$/, 'must be text of 1 to 100 characters, in one line')
      .optional()
      .describe('What the page calls the function. Default: its name, which is that of its folder.'),
    build,
    app: z
      .string('must be the id of a Dapr app')
      .regex(/^[^.\s]+$/, 'must be the id of a Dapr app, which has neither dots nor spaces')
      .default(SHARED_APP)
      .describe('The id of the Dapr app that serves the function. By default the one that all share.'),
    accepts: z
      .array(
        z.string(RANGE).regex(MEDIA_RANGE, RANGE),
        'must be a list of media types, such as [image/*, text/plain]',
      )
      .min(1, 'must name a media type; leave the key out to take any')
      .default(['*/*'])
      .describe('Media types that it takes. image/* brings the checks of pictures.'),
    returns: z
      .string('must be a media type, such as text/plain')
      .regex(MEDIA_TYPE, 'must be a media type, such as text/plain')
      .optional()
      .describe(
        'Media type of its answers. Default: what their first bytes say, else application/octet-stream.',
      ),
    limits,
    folders: z
      .record(
        z.string().regex(/^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/),
        pathInFolder,
        'must map paths of the guest to folders beside this file, such as {/model: model}',
      )
      .default({})
      .describe(
        "Folders that it may read: where it finds each, and where that lies in the function's folder.",
      ),
    plugins: z
      .array(
        z.enum(['wasi_nn'], "must be one of WasmEdge's plug-ins that a function may use: wasi_nn"),
        'must be a list of plug-ins; there is wasi_nn',
      )
      .default([])
      .describe("WasmEdge's plug-ins that the module imports from."),
    instances: count(
      1,
      500,
      'How many requests it works on at once. Default: as many as there are processors for it.',
    ).optional(),
    queue: count(0, 10_000, 'How many requests may wait for an instance; more are answered 503.').default(32),
    requestsPerInstance: count(
      1,
      1_000_000,
      'How many requests one sandbox sees before it is thrown away.',
    ).default(1),
    env: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
        z.string('must be text: put a number, true or false in quotes'),
        'must map names of environment variables to texts',
      )
      .default({})
      .describe('Environment variables that it sees.'),
  },
  'must be a mapping of keys, of which only build is needed, such as build: rust',
);

/** The schema for editors, as JSON Schema. */
export function jsonSchema(): object {
  return { title: 'function.yaml', ...z.toJSONSchema(manifestSchema, { io: 'input' }) };
}
