import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { fromUser, root } from '../paths.js';

interface AddOptions {
  readonly name?: string;
  readonly title?: string;
  readonly mean?: number;
  readonly std?: number;
}

/** Adds the command for models of one's own. */
export function addModelCommand(program: Command): void {
  const model = program.command('model').description('makes a function of an image classifier of your own');
  model
    .command('add')
    .description(
      'takes a TensorFlow Lite model with its labels, tries it, and makes a function of it: the program of classify, with this model',
    )
    .argument('<model>', 'a .tflite, or a folder with one and its labels')
    .argument(
      '[labels]',
      'a text file with a label for each score, one a line; otherwise it lies beside the model',
    )
    .option('--name <name>', 'of the function: small letters, digits and hyphens; otherwise that of the file')
    .option('--title <title>', 'what the page and each answer call it')
    .option(
      '--mean <number>',
      'of a float32 model, which gets (value - mean) / std: 127.5 unless told',
      number,
    )
    .option('--std <number>', 'see --mean', positive)
    .addHelpText(
      'after',
      `
What fits: one input, a picture [1, height, width, 3]; one output, scores [1, labels]; each uint8 or float32.
A float32 model gets values from -1 to 1, as those of MobileNet want them. For 0 to 1: --mean 0 --std 255;
for 0 to 255: --mean 0 --std 1.

For example:
  npm run model -- add mobilenet_v1_1.0_224_quant.tflite labels_mobilenet_quant_v1_224.txt
  npm run model -- add ./flowers --title "Flowers"           a folder with the model and its labels
  npm run remove -- flowers                                  takes it away again`,
    )
    .action(async (given: string, labels: string | undefined, options: AddOptions) => {
      const { findFiles } = await import('./find-files.js');
      const { addModel } = await import('./add-model.js');
      const { mean, std } = options;
      const called = path.basename(fromUser(given)).replace(/\.tflite$/i, '');
      const name = options.name ?? toName(called);
      const files = await findFiles(fromUser(given), labels === undefined ? undefined : fromUser(labels));
      const { folder, classifier, normalisation, answer } = await addModel({
        ...files,
        name,
        title: options.title ?? called,
        normalisation: { ...(mean !== undefined && { mean }), ...(std !== undefined && { std }) },
      });
      const { input, output } = classifier;
      console.log(
        `${path.basename(files.model)}: ${input.type} pictures of ${input.width} x ${input.height}, ${output.scores} scores of ${output.type}, a label for each.`,
      );
      if (classifier.isBatchOpen)
        console.log('It takes any number of pictures at once: that is fixed at one in the copy.');
      if (output.logits)
        console.log(
          'It ends without a softmax, so its scores are taken for logits ("logits" in model.json).',
        );
      if (normalisation !== undefined)
        console.log(
          `A picture's bytes become (byte - ${normalisation.mean}) / ${normalisation.std}: if it was trained with another range, say --mean and --std.`,
        );
      console.log(`TensorFlow Lite has loaded it, and says of a sample: ${answer}.`);
      console.log(`Made ${path.relative(root, folder)}/.`);
      console.log(`Next: npm run check -- ${name}, then npm start.`);
    });
}

/** A file's name as one of a function: `mobilenet_v2_1.0_224` is `mobilenet-v2-1-0-224`. */
function toName(file: string): string {
  return file
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

function positive(text: string): number {
  const value = number(text);
  if (value <= 0) throw new InvalidArgumentError('It must be above 0.');
  return value;
}
