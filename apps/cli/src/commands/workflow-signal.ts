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
import { addJson } from './workflow-start.ts';

export function workflowSignalCommand(): Command {
  const command = new Command('signal')
    .description('send a signal to a workflow; it is durable when this returns')
    .argument('<workflow-id>')
    .requiredOption('--name <signal>', 'name of the signal')
    .option('--input <json>', 'one argument as JSON; repeat for more', addJson, [] as unknown[])
    .addOption(runIdOption())
    .addOption(addressOption())
    .addOption(apiKeyNamespaceOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (workflowId, { name, input, runId, output, ...where }) => {
      await withClient(where, (client) =>
        client.workflow.getHandle(workflowId, runId).signal(name, ...input),
      );
      print(output, { workflowId, signal: name }, () => `Signal ${name} sent to ${workflowId}.`);
    });
  return command as unknown as Command;
}

const examples = `
Examples:
  perdure workflow signal expense-1 --name approve --input '"Grace"'`;
