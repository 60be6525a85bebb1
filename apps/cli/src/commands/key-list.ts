import { Command } from '@commander-js/extra-typings';
import { withOperator } from '../connect/operator.ts';
import { addressOption, dataDirOption, outputOption } from '../connect/options.ts';
import { print, showTime, table } from '../terminal/print.ts';

export function keyListCommand(): Command {
  const command = new Command('list')
    .description('list the API keys of a namespace, without their secrets')
    .requiredOption('--namespace <name>', 'the namespace')
    .addOption(addressOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async ({ namespace, output, ...where }) => {
      const keys = await withOperator(where, (control) => control.listApiKeys.query({ namespace }));
      print(output, keys, () =>
        table(
          ['ID', 'LABEL', 'CREATED', 'REVOKED'],
          keys.map(({ id, label, createdAt, revokedAt }) => [
            id,
            label,
            showTime(createdAt) ?? '',
            showTime(revokedAt) ?? '-',
          ]),
        ),
      );
    });
  return command as unknown as Command;
}

const examples = `
Examples:
  perdure key list --namespace orders
  perdure key list --namespace orders -o json`;
