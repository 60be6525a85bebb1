/**
 * `Date` in workflow time: the time of the workflow task, the same on replay. It stands still during
 * an activation. Local-time methods and `Intl` use the worker's time zone, so workers that share
 * a task queue should run with the same TZ.
 */
import { currentRunOrUndefined } from '../current-run.ts';
import { defineGlobal } from './realm.ts';

// oxlint-disable-next-line no-restricted-globals -- this file is what makes Date deterministic
const RealDate = Date;

/** Workflow time, milliseconds since the Unix epoch; 0 while no run is active. */
function workflowNow(): number {
  return currentRunOrUndefined()?.timestampMs ?? 0;
}

/** A point in time as a Date. */
export function dateAt(ms: number): Date {
  return new RealDate(ms);
}

/** Replaces `Date` and the default of `Intl.DateTimeFormat`. */
export function installDate(): void {
  function WorkflowDate(...args: []): Date | string {
    if (!new.target) return new RealDate(workflowNow()).toString();
    return Reflect.construct(RealDate, args.length === 0 ? [workflowNow()] : args, new.target);
  }
  WorkflowDate.prototype = RealDate.prototype;
  WorkflowDate.now = workflowNow;
  WorkflowDate.parse = RealDate.parse;
  WorkflowDate.UTC = RealDate.UTC;
  Object.defineProperty(WorkflowDate, 'name', { value: 'Date' });
  Object.defineProperty(WorkflowDate, 'length', { value: 7 });
  Object.defineProperty(RealDate.prototype, 'constructor', {
    value: WorkflowDate,
    writable: true,
    configurable: true,
  });
  defineGlobal('Date', WorkflowDate);
  installDateTimeFormat();
}

type Formatter = (...args: unknown[]) => unknown;

/** `format()` without a date would read the wall clock. */
function installDateTimeFormat(): void {
  const { prototype } = Intl.DateTimeFormat;
  const format = Object.getOwnPropertyDescriptor(prototype, 'format') as PropertyDescriptor;
  const getFormat = Reflect.get(format, 'get') as Formatter;
  const parts = Object.getOwnPropertyDescriptor(prototype, 'formatToParts') as PropertyDescriptor;
  Object.defineProperty(prototype, 'format', {
    ...format,
    get(this: Intl.DateTimeFormat) {
      const bound = Reflect.apply(getFormat, this, []) as Formatter;
      return (date?: number | Date) => bound(date ?? workflowNow());
    },
  });
  Object.defineProperty(prototype, 'formatToParts', {
    ...parts,
    value(this: Intl.DateTimeFormat, date?: number | Date) {
      return Reflect.apply(parts.value as Formatter, this, [date ?? workflowNow()]);
    },
  });
}
