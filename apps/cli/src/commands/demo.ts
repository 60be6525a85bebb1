import { Command } from '@commander-js/extra-typings';

export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'watch a workflow survive kill -9 of its worker and of the server, in half a minute',
    )
    .addHelpText('after', examples)
    .action(async () => {
      const { Report, onStage, playDemo, tailOf } = await import('../demo/demo.ts');
      const report = new Report(process.stdout);
      await onStage(async (stage) => {
        try {
          await playDemo(report, stage);
        } catch (error) {
          report.line(`\nEnd of the server's log:\n${tailOf(stage.serverLog)}`);
          report.line(`\nEnd of the worker's log:\n${tailOf(stage.workerLog)}\n`);
          throw error;
        }
      });
      process.exit(0);
    });
}

const examples = `
Needs nothing: it runs a private platform in a temporary folder and removes it at the end. The exit
code is 0 only if everything it shows was checked.

Examples:
  perdure demo
  perdure demo | cat      without colours and moving lines`;
