/**
 * What a seed makes of a test: who is killed, after how many milliseconds of a burst of work, and
 * for how long. The interleaving within the processes remains the machine's.
 */
import { flushRedis } from '@perdure/test-support';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';
import type { Killable, System } from './system.ts';

const LATEST_STRIKE_MS = 400;
const LONGEST_DOWN_MS = 1_500;

/** What befalls one of the processes. */
interface Blow {
  /** For example `worker 1`. */
  readonly victim: string;
  /** Between the kill and the restart; `undefined` where Redis runs on, with nothing in it. */
  readonly downMs: number | undefined;
}

/** Blows that fall at once. */
export interface Strike {
  /** From the beginning of the burst. */
  readonly afterMs: number;
  readonly blows: readonly Blow[];
}

/** Strikes of which the first ones hit each process once, in any order. */
export function planStrikes(random: Random, system: System, count: number): Strike[] {
  const victims = [...targetsOf(system).keys()];
  const order = random.shuffle(victims);
  return Array.from({ length: count }, (_, i) => {
    const first = order[i] ?? random.pick(victims);
    return {
      afterMs: random.between(0, LATEST_STRIKE_MS),
      blows: together(random, victims, first).map((victim) => blowOf(random, victim)),
    };
  });
}

/** Mostly one; sometimes another with it; sometimes all. */
function together(random: Random, victims: readonly string[], first: string): string[] {
  if (random.chance(0.1)) return [...victims];
  const second = random.pick(victims);
  return random.chance(0.3) && second !== first ? [first, second] : [first];
}

function blowOf(random: Random, victim: string): Blow {
  const downMs = random.between(0, LONGEST_DOWN_MS);
  return { victim, downMs: victim === 'redis' && random.chance(0.4) ? undefined : downMs };
}

/** Strikes, and returns when all that was killed runs again. */
export async function strike({ blows }: Strike, system: System): Promise<void> {
  const targets = targetsOf(system);
  await Promise.all(
    blows.map(async ({ victim, downMs }) => {
      if (downMs === undefined) return flushRedis(system.redis.url);
      const target = targets.get(victim)!;
      await target.kill();
      await sleep(downMs);
      await target.restart();
    }),
  );
}

function targetsOf({ redis, servers, workers }: System): Map<string, Killable> {
  return new Map<string, Killable>([
    ['redis', redis],
    ...servers.map((server, i) => [`server ${i}`, server] as const),
    ...workers.map((worker, i) => [`worker ${i}`, worker] as const),
  ]);
}

/** A strike in a line. */
export function describeStrike({ afterMs, blows }: Strike): string {
  const each = blows.map(({ victim, downMs }) =>
    downMs === undefined ? `${victim} flushed` : `${victim} down for ${downMs} ms`,
  );
  return `after ${afterMs} ms: ${each.join(', ')}`;
}
