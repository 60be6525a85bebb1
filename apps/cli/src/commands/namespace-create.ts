import { Command } from '@commander-js/extra-typings';
import { withOperator } from '../connect/operator.ts';
import { addressOption, dataDirOption, outputOption } from '../connect/options.ts';
import { print } from '../terminal/print.ts';

export function namespaceCreateCommand(): Command {
  const command = new Command('create')
    .description('create a namespace')
    .argument('<name>', 'a-z, 0-9, ".", "_", "-"; at most 63 characters')
    .option('--unsealed', 'let the server take payloads that are not encrypted')
    .addOption(addressOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (name, { unsealed = false, output, ...where }) => {
      const namespace = await withOperator(where, (control) =>
        control.createNamespace.mutate({ name, sealed: !unsealed }),
      );
      const kind = namespace.sealed ? 'sealed: it takes encrypted payloads only' : 'not sealed';
      print(output, namespace, () => `Namespace ${namespace.name} created (${kind}).`);
    });
  return command as unknown as Command;
}

const examples = `
Examples:
  perdure namespace create orders
  perdure namespace create scratch --unsealed -o json`;
