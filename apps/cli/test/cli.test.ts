import { type CommandUnknownOpts } from '@commander-js/extra-typings';
import { createProgram } from 'perdure';
import { describe, expect, it } from 'vitest';
import { hexDump } from '../src/demo/database.ts';
import { explain } from '../src/terminal/explain.ts';
import { facts, table } from '../src/terminal/print.ts';

/** All commands that do something, with the words that call them. */
function commands(of: CommandUnknownOpts, words: string[] = []): [string, CommandUnknownOpts][] {
  if (of.commands.length === 0) return [[words.join(' '), of]];
  return of.commands.flatMap((command) => commands(command, [...words, command.name()]));
}

function helpOf(command: CommandUnknownOpts): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

describe('help', () => {
  const all = commands(createProgram() as unknown as CommandUnknownOpts);

  it('covers every command', () => {
    expect(all.map(([words]) => words)).toEqual([
      'demo',
      'dev',
      'namespace create',
      'namespace list',
      'key create',
      'key list',
      'key revoke',
      'keyring create',
      'workflow start',
      'workflow list',
      'workflow describe',
      'workflow show',
      'workflow signal',
      'workflow cancel',
      'workflow terminate',
    ]);
  });

  it.each(all)('of %s describes it and gives examples of it', (words, command) => {
    expect(command.description()).not.toBe('');
    expect(helpOf(command)).toMatch(new RegExp(`Examples:\\n.*perdure ${words}`, 's'));
  });
});

describe('what is printed', () => {
  it('is a table as wide as its longest cells', () => {
    expect(
      table(
        ['ID', 'NAME'],
        [
          ['1', 'a'],
          ['22', 'bb'],
        ],
      ),
    ).toBe('ID  NAME\n1   a\n22  bb');
  });

  it('leaves out facts that have no value', () => {
    expect(facts({ id: '1', closed: undefined, type: 'x' })).toBe('id    1\ntype  x');
  });

  it('shows bytes with offsets, digits and characters', () => {
    const dump = hexDump(new Uint8Array([...Buffer.from('perdure'), 0, 255]), 2);
    expect(dump).toBe(`0000  ${'70 65 72 64 75 72 65 00 ff'.padEnd(72)} perdure··`);
    expect(hexDump(new Uint8Array(100), 2)).toMatch(/\n… and 52 bytes more$/);
  });

  it('is one line for an error, whatever was thrown', () => {
    expect(explain(new Error('no such thing'))).toBe('error: no such thing');
    expect(explain('text')).toBe('error: text');
    expect(explain(new AggregateError([new Error('a'), new Error('b')], ''))).toBe('error: a; b');
    expect(explain(new RangeError(''))).toBe('error: RangeError');
  });
});
