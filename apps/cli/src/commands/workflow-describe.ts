import { Command } from '@commander-js/extra-typings';
import { withClient } from '../connect/client.ts';
import {
  addressOption,
  apiKeyNamespaceOption,
  dataDirOption,
  outputOption,
  runIdOption,
} from '../connect/options.ts';
import { showDescription } from '../history/describe.ts';
import { print } from '../terminal/print.ts';

export function workflowDescribeCommand(): Command {
  const command = new Command('describe')
    .description('show where a workflow stands, and what it waits for')
    .argument('<workflow-id>')
    .addOption(runIdOption())
    .addOption(addressOption())
    .addOption(apiKeyNamespaceOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (workflowId, { runId, output, ...where }) => {
      const { raw: _raw, ...found } = await withClient(where, (client) =>
        client.workflow.getHandle(workflowId, runId).describe(),
      );
      const pendingActivities = found.pendingActivities.map((activity) => ({
        ...activity,
        lastFailure: activity.lastFailure?.message,
      }));
      print(output, { ...found, pendingActivities }, () => showDescription(found, Date.now()));
    });
  return command as unknown as Command;
}

const examples = `
Examples:
  perdure workflow describe order-1
  perdure workflow describe order-1 -o json`;
