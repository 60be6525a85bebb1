import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { outputOption } from '../connect/options.ts';
import { print } from '../terminal/print.ts';

export function keyringCreateCommand(): Command {
  const command = new Command('create')
    .description('make a key ring file with a new random key, readable by you alone')
    .argument('[path]', 'where to; an existing file is never overwritten', 'keyring.json')
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (path, { output }) => {
      const { writeKeyRingFile } = await import('@perdure/data-converter');
      const ring = await writeKeyRingFile(path);
      const made = { path: resolve(path), primary: ring.primary().id };
      print(
        output,
        made,
        () => `Key ring ${made.path} made, with key ${made.primary}.\n${warning}`,
      );
    });
  return command as unknown as Command;
}

const warning =
  'Workers and clients find it by PERDURE_KEYRING. Whoever loses it loses the data it encrypts;\n' +
  'the server never has it.';

const examples = `
Examples:
  perdure keyring create
  perdure keyring create ~/.config/perdure/orders.json`;
