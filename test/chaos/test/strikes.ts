/**
 * What a seed makes of a test: who is killed, after how many milliseconds of a burst of work, and
 * for how long. The interleaving within the processes remains the machine's.
 */
import {
  type PlatformProcess,
  type RedisProcess,
  type WorkerProcess,
  flushRedis,
} from '@perdure/test-support';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';

const LATEST_STRIKE_MS = 400;
const LONGEST_DOWN_MS = 1_500;

const victims = ['server', 'redis', 'worker 0', 'worker 1'] as const;
type Victim = (typeof victims)[number];

/** What befalls one of them. */
interface Blow {
  readonly victim: Victim;
  /** Between the kill and the restart; `undefined` where Redis runs on, with nothing in it. */
  readonly downMs: number | undefined;
}

/** Blows that fall at once. */
export interface Strike {
  /** From the beginning of the burst. */
  readonly afterMs: number;
  readonly blows: readonly Blow[];
}

/** Whom the strikes hit. */
export interface Targets {
  readonly platform: PlatformProcess;
  readonly redis: RedisProcess;
  readonly workers: readonly [WorkerProcess, WorkerProcess];
}

/** Strikes of which the first ones hit each victim once, in any order. */
export function planStrikes(random: Random, count: number): Strike[] {
  const order = random.shuffle(victims);
  return Array.from({ length: count }, (_, i) => {
    const first = order[i] ?? random.pick(victims);
    return {
      afterMs: random.between(0, LATEST_STRIKE_MS),
      blows: together(random, first).map((victim) => blowOf(random, victim)),
    };
  });
}

/** Mostly one; sometimes another with it; sometimes all. */
function together(random: Random, first: Victim): Victim[] {
  if (random.chance(0.1)) return [...victims];
  const second = random.pick(victims);
  return random.chance(0.3) && second !== first ? [first, second] : [first];
}

function blowOf(random: Random, victim: Victim): Blow {
  const downMs = random.between(0, LONGEST_DOWN_MS);
  return { victim, downMs: victim === 'redis' && random.chance(0.4) ? undefined : downMs };
}

/** Strikes, and returns when all that was killed runs again. */
export async function strike({ blows }: Strike, targets: Targets): Promise<void> {
  await Promise.all(blows.map((blow) => deal(blow, targets)));
}

async function deal({ victim, downMs }: Blow, targets: Targets): Promise<void> {
  if (downMs === undefined) return flushRedis(targets.redis.url);
  const target = targetOf(victim, targets);
  await target.kill();
  await sleep(downMs);
  await target.restart();
}

function targetOf(
  victim: Victim,
  { platform, redis, workers }: Targets,
): { kill(): Promise<void>; restart(): Promise<void> } {
  switch (victim) {
    case 'server':
      return platform;
    case 'redis':
      return redis;
    case 'worker 0':
      return workers[0];
    case 'worker 1':
      return workers[1];
  }
}

/** A strike in a line. */
export function describeStrike({ afterMs, blows }: Strike): string {
  const each = blows.map(({ victim, downMs }) =>
    downMs === undefined ? 'redis flushed' : `${victim} down for ${downMs} ms`,
  );
  return `after ${afterMs} ms: ${each.join(', ')}`;
}
