/** Cron schedules of workflows, always in UTC (semantics 54). */
import { CronExpressionParser } from 'cron-parser';

/** What is wrong with a schedule, to follow its name in a message; undefined when nothing is. */
export function faultOfCron(schedule: string): string | undefined {
  const fields = schedule.trim().split(/\s+/).length;
  if (fields !== 5 && !schedule.startsWith('@')) {
    return `must have five fields (minute hour day month weekday) or be like @daily; got '${schedule}'`;
  }
  // The parser's own extension stands for a random value.
  if (/\bH\b/.test(schedule)) return `must not use H; got '${schedule}'`;
  try {
    CronExpressionParser.parse(schedule, { tz: 'UTC', currentDate: 0 });
    return undefined;
  } catch (error) {
    return `is not a cron schedule: ${error instanceof Error ? error.message : String(error)}; got '${schedule}'`;
  }
}

/** The first time of a schedule after `after`, in milliseconds; undefined when there is none. */
export function nextCronTime(schedule: string, after: number): number | undefined {
  const times = CronExpressionParser.parse(schedule, { tz: 'UTC', currentDate: after });
  try {
    return times.next().getTime();
  } catch {
    return undefined;
  }
}
