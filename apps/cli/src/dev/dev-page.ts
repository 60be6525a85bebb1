/** What `perdure dev` tells a person when it is ready. */
import type { Embedded } from '@perdure/embedded';
import { facts } from '../terminal/print.ts';
import type { Paint } from '../terminal/style.ts';

/** The page, ending in a line break. */
export function devPage(embedded: Embedded, tookMs: number, paint: Paint): string {
  const { address, namespace, apiKey, keyring, broker, dataDir } = embedded;
  const where = facts(
    {
      address,
      namespace,
      data: dataDir,
      broker: broker.startsWith('redis') ? 'Redis' : 'Postgres (no redis-server found)',
    },
    paint,
  );
  const exports = Object.entries({
    PERDURE_ADDRESS: address,
    PERDURE_NAMESPACE: namespace,
    PERDURE_API_KEY: apiKey,
    PERDURE_KEYRING: keyring,
  }).map(([name, value]) => `export ${name}=${quote(value)}`);
  return `
${paint('bold', 'Perdure is running')} ${paint('dim', `(ready in ${(tookMs / 1000).toFixed(1)} s)`)}

${indent(where)}

For your workers and clients, paste this into their terminal:

${indent(paint('cyan', exports.join('\n')))}

The last line names the keys that encrypt your payloads; the server does not read that file.
Then, in this folder:  ${paint('bold', 'npx perdure workflow list')}   (more: npx perdure --help)
Stop with Ctrl-C. The same command goes on where this one stopped.

`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}

/** For a POSIX shell. */
function quote(value: string): string {
  return /^[\w./:@%+=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
