/** Cron schedules of workflows, always in UTC (semantics 54). */
import { Cron } from 'croner';

/** What is wrong with a schedule, to follow its name in a message; undefined when nothing is. */
export function faultOfCron(schedule: string): string | undefined {
  const fields = schedule.trim().split(/\s+/).length;
  if (fields !== 5 && !schedule.startsWith('@')) {
    return `must have five fields (minute hour day month weekday) or be like @daily; got '${schedule}'`;
  }
  // To the parser it means the present time, which a decision does not know.
  if (schedule.includes('?')) return `must not use '?'; got '${schedule}'`;
  try {
    parse(schedule);
    return undefined;
  } catch (error) {
    return `is not a cron schedule: ${error instanceof Error ? error.message : String(error)}; got '${schedule}'`;
  }
}

/** The first time of a schedule after `after`, in milliseconds; undefined when there is none. */
export function nextCronTime(schedule: string, after: number): number | undefined {
  // oxlint-disable-next-line no-restricted-globals -- a time that is given, not the clock
  return parse(schedule).nextRun(new Date(after))?.getTime();
}

/** Only reads: nothing is ever scheduled by it. */
function parse(schedule: string): Cron {
  return new Cron(schedule, { timezone: 'UTC', paused: true });
}
