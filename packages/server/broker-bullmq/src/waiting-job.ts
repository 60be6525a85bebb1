/**
 * How queues and task ids are spelled inside BullMQ, on both backends.
 *
 * BullMQ refuses or misreads some strings (':' separates its keys, plain integers are its own ids,
 * a job named `meta` would be a queue's metadata). Every name below is safe, whatever the user and
 * the caller chose, and two different names stay different.
 */
import { createHash } from 'node:crypto';
import type { QueueKey } from '@perdure/ports';
import type { JobJson, JobsOptions } from 'bullmq';

/** Task queue names that stand for themselves; readable to whoever looks into Redis. */
const plainName = /^[A-Za-z0-9._-]{1,64}$/;

/** BullMQ's name of a queue: `<namespace>.<w|a>.<task queue, or '~' and a hash of it>`. */
export function queueNameOf({ namespaceId, kind, taskQueue }: QueueKey): string {
  const readable = plainName.test(taskQueue);
  const tail = readable ? taskQueue : `~${hashOf(taskQueue)}`;
  return `${namespaceId}.${kind === 'workflow' ? 'w' : 'a'}.${tail}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

const unsafe = /[%:\0]/g;
const escaped = /%(25|3A|00)/g;

/**
 * BullMQ's id of a task's job. The leading dot keeps ids out of the space of BullMQ's own keys;
 * without ':' one id can never be the side key of another (`a:logs`). NUL is what Postgres refuses.
 */
export function jobIdOf(taskId: string): string {
  return `.${taskId.replace(unsafe, escape)}`;
}

function escape(character: string): string {
  if (character === '%') return '%25';
  return character === ':' ? '%3A' : '%00';
}

/** The task id that {@link jobIdOf} spelled so. */
export function taskIdOf(jobId: string): string {
  return jobId.slice(1).replace(escaped, (code) => decodeURIComponent(code));
}

/** A job that carries nothing but its id, and the time for whoever looks at the queue. */
export function jobOf(jobId: string, announcedAt: number, opts: JobsOptions): JobJson {
  return {
    id: jobId,
    name: 'task',
    data: '{}',
    opts,
    timestamp: announcedAt,
    progress: 0,
    attemptsMade: 0,
    attemptsStarted: 0,
    stalledCounter: 0,
    failedReason: '',
    returnvalue: '',
  };
}
