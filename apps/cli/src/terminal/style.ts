/** Colours, where the output is a terminal that shows them and nobody has asked for none. */
import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Paints text for one output. */
export type Paint = (format: Format, text: string) => string;

/** Paints for a terminal; leaves text alone for files and pipes, and under NO_COLOR. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const { env } = process;
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const wanted = forced || (stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb');
  return wanted ? (format, text) => styleText(format, text) : (_format, text) => text;
}
