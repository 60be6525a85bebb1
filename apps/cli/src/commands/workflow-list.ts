import { Command, Option } from '@commander-js/extra-typings';
import { WorkflowExecutionStatus } from '@perdure/common';
import { withClient } from '../connect/client.ts';
import {
  addressOption,
  apiKeyNamespaceOption,
  dataDirOption,
  outputOption,
} from '../connect/options.ts';
import { print, showTime, table } from '../terminal/print.ts';
import { wholeNumber } from '../terminal/whole-number.ts';

export function workflowListCommand(): Command {
  const command = new Command('list')
    .description('list workflows, latest start first')
    .addOption(
      new Option('--status <status>', 'only these').choices(Object.values(WorkflowExecutionStatus)),
    )
    .option('--type <name>', 'only workflows of this function')
    .option('--workflow-id <id>', 'only runs of this workflow')
    .option('--limit <n>', 'at most so many', wholeNumber(1), 50)
    .addOption(addressOption())
    .addOption(apiKeyNamespaceOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async ({ status, type: workflowType, workflowId, limit, output, ...where }) => {
      const found = await withClient(where, async (client) => {
        const filter = { status, workflowType, workflowId, pageSize: Math.min(limit, 1_000) };
        const runs = [];
        for await (const run of client.workflow.list(filter)) {
          runs.push(run);
          if (runs.length === limit) break;
        }
        return runs;
      });
      print(output, found, () =>
        table(
          ['STATUS', 'WORKFLOW ID', 'TYPE', 'STARTED', 'CLOSED'],
          found.map((run) => [
            run.status,
            run.workflowId,
            run.workflowType,
            showTime(run.startTime) ?? '',
            showTime(run.closeTime) ?? '-',
          ]),
        ),
      );
    });
  return command as unknown as Command;
}

const examples = `
Examples:
  perdure workflow list
  perdure workflow list --status RUNNING --type FooBar
  perdure workflow list --limit 1000 -o json`;
