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

export function workflowCancelCommand(): Command {
  const command = new Command('cancel')
    .description('ask a workflow to cancel itself; its code may clean up first')
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
        client.workflow.getHandle(workflowId, runId).cancel(reason),
      );
      print(output, { workflowId, cancelRequested: true }, () => `Asked ${workflowId} to cancel.`);
    });
  return command as unknown as Command;
}

const examples = `
Examples:
  perdure workflow cancel order-1 --reason 'ordered twice'`;
