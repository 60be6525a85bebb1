/**
 * What the server checks of commands before it decides them, so that whatever is decided can be
 * stored: names that the store can hold, durations that a deadline can be reckoned with.
 */
import { type IndexedFields, PerdureServiceError } from '@perdure/common';
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
      return checkEveryField(command);
  }
}

/** @throws PerdureServiceError INVALID_ARGUMENT */
export function checkFailureFields(failure: Failure): void {
  for (let each: Failure | undefined = failure; each; each = each.cause) checkDurations(each.info);
}

/**
 * Search attributes are the one thing of a user's that the server reads, so their texts must be
 * such that a store can hold them.
 *
 * @throws PerdureServiceError INVALID_ARGUMENT
 */
export function checkSearchAttributes(attributes: IndexedFields): void {
  for (const [name, { value }] of Object.entries(attributes)) {
    checkNames({ 'name of a search attribute': name });
    const texts = Array.isArray(value) ? value : [value];
    const isIllFormed = texts.some((text) => typeof text === 'string' && !text.isWellFormed());
    if (!isIllFormed) continue;
    throw new PerdureServiceError(
      'INVALID_ARGUMENT',
      `search attribute '${name}' must be well-formed text; it holds half of a surrogate pair`,
      { field: 'searchAttributes' },
    );
  }
}

/** Fields of commands that hold text for people, which nobody looks for. */
const freeTexts: ReadonlySet<string> = new Set(['reason', 'cronSchedule']);

/** For commands that are rare, so that a field which is added to one is checked from the first day. */
function checkEveryField(command: Command): void {
  checkDurations(command);
  if ('retryPolicy' in command && command.retryPolicy) checkDurations(command.retryPolicy);
  if ('searchAttributes' in command && command.searchAttributes) {
    checkSearchAttributes(command.searchAttributes);
  }
  const names = Object.entries(command).filter(
    ([field, value]) => typeof value === 'string' && !freeTexts.has(field),
  );
  checkNames(Object.fromEntries(names) as Record<string, string>);
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
