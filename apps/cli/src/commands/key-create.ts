import { Command } from '@commander-js/extra-typings';
import { withOperator } from '../connect/operator.ts';
import { addressOption, dataDirOption, outputOption } from '../connect/options.ts';
import { facts, print } from '../terminal/print.ts';

export function keyCreateCommand(): Command {
  const command = new Command('create')
    .description('create an API key of a namespace; it is shown this once')
    .requiredOption('--namespace <name>', 'the namespace that the key opens')
    .option('--label <text>', 'what the key is for', 'made by the CLI')
    .addOption(addressOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async ({ namespace, label, output, ...where }) => {
      const key = await withOperator(where, (control) =>
        control.createApiKey.mutate({ namespace, label }),
      );
      print(output, key, () => facts({ id: key.id, label: key.label, key: key.key }));
      if (output === 'text') process.stderr.write('Keep the key now: it is not shown again.\n');
    });
  return command as unknown as Command;
}

const examples = `
Examples:
  perdure key create --namespace orders --label 'worker in staging'
  export PERDURE_API_KEY=$(perdure key create --namespace orders -o json | jq -r .key)`;
