import { Command } from '@commander-js/extra-typings';
import { withOperator } from '../connect/operator.ts';
import { addressOption, dataDirOption, outputOption } from '../connect/options.ts';
import { print } from '../terminal/print.ts';

export function keyRevokeCommand(): Command {
  const command = new Command('revoke')
    .description('revoke an API key: connections that use it end within seconds')
    .argument(
      '<id>',
      "the key's id: the middle part of pk_<id>_<secret>, or see 'perdure key list'",
    )
    .requiredOption('--namespace <name>', 'the namespace of the key')
    .addOption(addressOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (id, { namespace, output, ...where }) => {
      await withOperator(where, (control) => control.revokeApiKey.mutate({ namespace, id }));
      print(output, { id, revoked: true }, () => `API key ${id} revoked.`);
    });
  return command as unknown as Command;
}

const examples = `
Examples:
  perdure key revoke 9a8d86638f65 --namespace orders`;
