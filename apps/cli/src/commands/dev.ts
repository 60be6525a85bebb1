/**
 * `perdure dev`: the platform in this process, until a signal.
 *
 * With `--json` exactly one line leaves on stdout, when the platform takes calls; logs are on stderr
 * in both modes.
 */
import { Command, Option } from '@commander-js/extra-typings';
import type { Embedded } from '@perdure/embedded';
import { runUntilStopped } from '../dev/run-until-stopped.ts';
import { devPage } from '../dev/dev-page.ts';
import { createDevLog, logLevels } from '../dev/dev-log.ts';
import { paintFor } from '../terminal/style.ts';
import { wholeNumber } from '../terminal/whole-number.ts';

export function devCommand(): Command {
  const command = new Command('dev')
    .description('run the platform on this machine, with a Postgres of its own')
    .option(
      '--port <n>',
      'port to listen on; 0 for a free one (default: 7233)',
      wholeNumber(0, 65_535),
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(
      new Option(
        '--data-dir <folder>',
        'keeps everything (default: .perdure/dev in this folder)',
      ).conflicts('ephemeral'),
    )
    .option('--ephemeral', 'keep nothing: use a temporary folder, removed at the end')
    .option('--namespace <name>', 'namespace to create at the first start', 'default')
    .option('--unsealed', 'create that namespace so that it takes plaintext payloads too')
    .addOption(
      new Option(
        '--broker <kind>',
        'where waiting task ids are kept (default: redis if there is one)',
      ).choices(['redis', 'postgres'] as const),
    )
    .option('--json', 'print one line of JSON when ready, and nothing else, on stdout')
    .addOption(
      new Option('--log-level <level>', 'of the log on stderr')
        .choices(logLevels)
        .default('info' as const),
    )
    .addHelpText('after', examples)
    .action(async ({ json = false, logLevel, unsealed = false, ...options }) => {
      const log = await createDevLog(logLevel, !json);
      const startedAt = performance.now();
      await runUntilStopped(async () => {
        const { startEmbedded } = await import('@perdure/embedded');
        const onProgress = (text: string): void => log.info(text);
        const embedded = await startEmbedded({ ...options, sealed: !unsealed, log, onProgress });
        const tookMs = performance.now() - startedAt;
        process.stdout.write(
          json ? jsonLine(embedded) : devPage(embedded, tookMs, paintFor(process.stdout)),
        );
        return embedded;
      });
    });
  return command as unknown as Command;
}

function jsonLine({ address, namespace, apiKey, keyring, postgres, broker }: Embedded): string {
  return `${JSON.stringify({ address, namespace, apiKey, keyring, postgres, broker })}\n`;
}

const examples = `
Uses DATABASE_URL and REDIS_URL when they are set; else it runs a Postgres from npm and, if there is
a redis-server on PATH, a Redis, both private to the data directory. The same command starts again
where it was stopped, even by kill -9, with the same API key and key ring.

Examples:
  perdure dev
  perdure dev --port 7300 --data-dir /tmp/orders
  perdure dev --ephemeral --port 0 --json`;
