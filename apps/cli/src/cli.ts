/**
 * All commands under one program. Each command is a file of `commands/`; what it throws becomes one
 * or two lines on stderr and exit code 1.
 *
 * Commands import the SDK and the server when they run and not before: loading them takes most of a
 * second, which `--help`, a typing error and every other command would pay for.
 */
import { Command } from '@commander-js/extra-typings';
import { demoCommand } from './commands/demo.ts';
import { devCommand } from './commands/dev.ts';
import { keyCreateCommand } from './commands/key-create.ts';
import { keyListCommand } from './commands/key-list.ts';
import { keyRevokeCommand } from './commands/key-revoke.ts';
import { keyringCreateCommand } from './commands/keyring-create.ts';
import { namespaceCreateCommand } from './commands/namespace-create.ts';
import { namespaceListCommand } from './commands/namespace-list.ts';
import { workflowCancelCommand } from './commands/workflow-cancel.ts';
import { workflowDescribeCommand } from './commands/workflow-describe.ts';
import { workflowListCommand } from './commands/workflow-list.ts';
import { workflowShowCommand } from './commands/workflow-show.ts';
import { workflowSignalCommand } from './commands/workflow-signal.ts';
import { workflowStartCommand } from './commands/workflow-start.ts';
import { workflowTerminateCommand } from './commands/workflow-terminate.ts';
import { explain } from './terminal/explain.ts';

/** Parses the arguments and runs the command; returns the exit code. */
export async function runCli(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(argv);
    return 0;
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    return 1;
  }
}

/** The program with all of its commands. */
export function createProgram(): Command {
  const program = new Command('perdure')
    .description(
      'Durable execution: workflows that survive any crash, on a server that cannot read them.',
    )
    .version('0.1.0')
    .addHelpText('after', overview);
  program.addCommand(demoCommand());
  program.addCommand(devCommand());
  program.addCommand(
    noun('namespace', 'create and list namespaces (with the operator token)', [
      namespaceCreateCommand(),
      namespaceListCommand(),
    ]),
  );
  program.addCommand(
    noun('key', 'create, list and revoke API keys (with the operator token)', [
      keyCreateCommand(),
      keyListCommand(),
      keyRevokeCommand(),
    ]),
  );
  program.addCommand(
    noun('keyring', 'make the keys that payloads are encrypted with', [keyringCreateCommand()]),
  );
  program.addCommand(
    noun('workflow', 'start workflows and look at them', [
      workflowStartCommand(),
      workflowListCommand(),
      workflowDescribeCommand(),
      workflowShowCommand(),
      workflowSignalCommand(),
      workflowCancelCommand(),
      workflowTerminateCommand(),
    ]),
  );
  return program;
}

function noun(name: string, description: string, commands: readonly Command[]): Command {
  const group = new Command(name).description(description);
  for (const command of commands) group.addCommand(command);
  return group;
}

const overview = `
Begin with:
  perdure demo            watch a workflow survive kill -9 of its worker and of the server
  perdure dev             run the platform on this machine
  perdure workflow list   look at it from another terminal, in the same folder

Where commands connect, first found: options, the environment (PERDURE_ADDRESS, PERDURE_NAMESPACE,
PERDURE_API_KEY, PERDURE_KEYRING), the platform that 'perdure dev' started in this folder.
PERDURE_DEBUG=1 adds stack traces to errors.`;
