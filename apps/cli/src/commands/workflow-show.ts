import { Command } from '@commander-js/extra-typings';
import { withClient } from '../connect/client.ts';
import {
  addressOption,
  apiKeyNamespaceOption,
  dataDirOption,
  outputOption,
  runIdOption,
} from '../connect/options.ts';
import { openHistory } from '../history/open-history.ts';
import { showBusinessView, showEvents } from '../history/views.ts';
import { print } from '../terminal/print.ts';

export function workflowShowCommand(): Command {
  const command = new Command('show')
    .description('show the history of a workflow, payloads opened with your key ring')
    .argument('<workflow-id>')
    .option('--steps', 'only the activities, with their inputs and results')
    .addOption(runIdOption())
    .addOption(addressOption())
    .addOption(apiKeyNamespaceOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (workflowId, { runId, steps = false, output, ...where }) => {
      const events = await withClient(where, async (client) => {
        const { events: stored } = await client.workflow
          .getHandle(workflowId, runId)
          .fetchHistory();
        const place = { namespace: client.namespace, workflowId };
        return openHistory(await client.loadConverter(), place, stored);
      });
      print(output, events, () => (steps ? showBusinessView(events) : showEvents(events)));
    });
  return command as unknown as Command;
}

const examples = `
Examples:
  perdure workflow show order-1
  perdure workflow show order-1 --steps
  perdure workflow show order-1 -o json > order-1.json`;
