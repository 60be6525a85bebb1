import { randomUUID } from 'node:crypto';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { withClient } from '../connect/client.ts';
import {
  addressOption,
  apiKeyNamespaceOption,
  dataDirOption,
  outputOption,
} from '../connect/options.ts';
import { facts, print } from '../terminal/print.ts';

export function workflowStartCommand(): Command {
  const command = new Command('start')
    .description('start a workflow')
    .requiredOption('--type <name>', 'the workflow function')
    .requiredOption('--task-queue <name>', 'where its workers poll')
    .option('--workflow-id <id>', 'unique among open workflows (default: a random one)')
    .option('--input <json>', 'one argument as JSON; repeat for more', addJson, [] as unknown[])
    .addOption(addressOption())
    .addOption(apiKeyNamespaceOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async ({ type, taskQueue, workflowId = randomUUID(), input, output, ...where }) => {
      const started = await withClient(where, async (client) => {
        const handle = await client.workflow.start(type, { taskQueue, workflowId, args: input });
        return { workflowId, runId: handle.firstExecutionRunId };
      });
      print(output, started, () => facts({ 'workflow id': workflowId, 'run id': started.runId }));
    });
  return command as unknown as Command;
}

/** Collects the values of a repeated option. */
export function addJson(text: string, before: unknown[]): unknown[] {
  try {
    return [...before, JSON.parse(text)];
  } catch {
    throw new InvalidArgumentError(`It is not JSON. A text needs quotes of its own: '"${text}"'.`);
  }
}

const examples = `
Examples:
  perdure workflow start --type FooBar --task-queue foobar --input '{"customer":"Ada","item":"cake"}'
  perdure workflow start --type greet --task-queue hello --workflow-id greet-1 --input '"World"'`;
