import { Command } from '@commander-js/extra-typings';
import { withOperator } from '../connect/operator.ts';
import { addressOption, dataDirOption, outputOption } from '../connect/options.ts';
import { print, showTime, table } from '../terminal/print.ts';

export function namespaceListCommand(): Command {
  const command = new Command('list')
    .description('list the namespaces')
    .addOption(addressOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async ({ output, ...where }) => {
      const namespaces = await withOperator(where, (control) => control.listNamespaces.query());
      print(output, namespaces, () =>
        table(
          ['NAMESPACE', 'SEALED', 'CREATED'],
          namespaces.map(({ name, sealed, createdAt }) => [
            name,
            sealed ? 'yes' : 'no',
            showTime(createdAt) ?? '',
          ]),
        ),
      );
    });
  return command as unknown as Command;
}

const examples = `
Examples:
  perdure namespace list
  perdure namespace list -o json`;
