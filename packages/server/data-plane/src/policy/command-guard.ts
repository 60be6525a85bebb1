/**
 * What the server checks of commands before it decides them, so that whatever is decided can be
 * stored: names that the store can hold, durations that a deadline can be reckoned with.
 */
import { PerdureServiceError } from '@perdure/common';
import type { Command, Failure } from '@perdure/protocol';
import { faultOfName } from './names.ts';

/** Longest duration: 100 years, in milliseconds. */
const MAX_DURATION_MS = 100 * 365.25 * 24 * 3_600_000;

/** @throws PerdureServiceError INVALID_ARGUMENT */
export function checkCommandFields(command: Command): void {
  switch (command.commandType) {
    case 'ScheduleActivityTask': {
      const { activityId, activityType, taskQueue, retryPolicy } = command;
      checkNames({ activityId, activityType, taskQueue });
      checkDurations(command);
      if (retryPolicy) checkDurations(retryPolicy);
      return;
    }
    case 'RequestCancelActivityTask':
      return checkNames({ activityId: command.activityId });
    case 'StartTimer':
      checkNames({ timerId: command.timerId });
      return checkDurations(command);
    case 'CancelTimer':
      return checkNames({ timerId: command.timerId });
    default:
  }
}

/** @throws PerdureServiceError INVALID_ARGUMENT */
export function checkFailureFields({ info }: Failure): void {
  checkDurations(info);
}

function checkNames(names: Readonly<Record<string, string | undefined>>): void {
  for (const [field, name] of Object.entries(names)) {
    const fault = name === undefined ? undefined : faultOfName(name, 0);
    if (fault === undefined) continue;
    throw new PerdureServiceError('INVALID_ARGUMENT', `'${field}' ${fault}`, { field });
  }
}

/** Looks at every field whose name says that it holds milliseconds. */
function checkDurations(fields: object): void {
  for (const [field, value] of Object.entries(fields)) {
    if (!field.endsWith('Ms') || typeof value !== 'number' || value <= MAX_DURATION_MS) continue;
    throw new PerdureServiceError(
      'INVALID_ARGUMENT',
      `'${field}' is ${value} ms; a duration may be at most 100 years (${MAX_DURATION_MS} ms)`,
      { field },
    );
  }
}
