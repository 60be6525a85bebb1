import { Command } from '@commander-js/extra-typings';
import { withClient } from '../connect/client.ts';
import {
  addressOption,
  apiKeyNamespaceOption,
  dataDirOption,
  outputOption,
  runIdOption,
} from '../connect/options.ts';
import { print } from '../terminal/print.ts';

export function workflowTerminateCommand(): Command {
  const command = new Command('terminate')
    .description('close a workflow at once; none of its code runs')
    .argument('<workflow-id>')
    .option('--reason <text>', 'recorded in the history')
    .addOption(runIdOption())
    .addOption(addressOption())
    .addOption(apiKeyNamespaceOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (workflowId, { reason, runId, output, ...where }) => {
      await withClient(where, (client) =>
        client.workflow.getHandle(workflowId, runId).terminate(reason),
      );
      print(output, { workflowId, terminated: true }, () => `Terminated ${workflowId}.`);
    });
  return command as unknown as Command;
}

const examples = `
Examples:
  perdure workflow terminate order-1 --reason 'started by mistake'`;
