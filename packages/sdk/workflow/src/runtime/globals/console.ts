/** `console`: lines of the run's log, none of them during replay. */
import type { LogLevel } from '@perdure/common';
import { currentRunOrUndefined } from '../current-run.ts';
import { writeLog } from '../log-entry.ts';
import { defineGlobal } from './realm.ts';

const levels: Readonly<Record<string, LogLevel>> = {
  log: 'INFO',
  info: 'INFO',
  dir: 'INFO',
  table: 'INFO',
  group: 'INFO',
  groupCollapsed: 'INFO',
  debug: 'DEBUG',
  trace: 'TRACE',
  warn: 'WARN',
  error: 'ERROR',
};

/** Puts `console` in place. */
export function installConsole(format: (args: readonly unknown[]) => string): void {
  const write = (level: LogLevel, args: readonly unknown[]): void => {
    const run = currentRunOrUndefined();
    if (run && !run.isReplaying) writeLog(run, level, format(args));
  };
  const methods: Record<string, (...args: unknown[]) => void> = {
    assert(holds, ...args) {
      if (!holds) write('ERROR', ['Assertion failed', ...args]);
    },
    groupEnd() {},
  };
  for (const [name, level] of Object.entries(levels)) {
    methods[name] = (...args) => write(level, args);
  }
  defineGlobal('console', methods);
}
