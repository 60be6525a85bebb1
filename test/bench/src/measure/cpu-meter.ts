/** CPU time that the processes of the stand take over a stretch of time. */
import type { Stand } from '../stand.ts';
import { familyCpuMs } from './process-cpu.ts';

/** Milliseconds by process; undefined for those that cannot be seen from here. */
export interface CpuTimes {
  readonly server: number;
  readonly worker: number;
  readonly client: number;
  readonly postgres: number | undefined;
  readonly redis: number | undefined;
}

/** CPU time of every process so far. */
export async function readCpu({ server, worker, database, redisPid }: Stand): Promise<CpuTimes> {
  const { user, system } = process.cpuUsage();
  const [serverMs, workerMs] = await Promise.all([server.ask('cpuMs'), worker().ask('cpuMs')]);
  return {
    server: serverMs,
    worker: workerMs,
    client: (user + system) / 1_000,
    postgres: familyOf(database.postmasterPid),
    redis: familyOf(redisPid),
  };
}

/** What was taken between two readings, divided by `by`. */
export function cpuBetween(before: CpuTimes, after: CpuTimes, by = 1): CpuTimes {
  const between = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined || b === undefined ? undefined : (b - a) / by;
  return {
    server: (after.server - before.server) / by,
    worker: (after.worker - before.worker) / by,
    client: (after.client - before.client) / by,
    postgres: between(before.postgres, after.postgres),
    redis: between(before.redis, after.redis),
  };
}

/** Of the platform and its worker: what stays busy without any client. */
export function platformTotal({ server, worker, postgres = 0, redis = 0 }: CpuTimes): number {
  return server + worker + postgres + redis;
}

/** Does something and says what CPU time it took, for each of `count` things. */
export async function withCpu<T>(
  stand: Stand,
  count: (result: T) => number,
  work: () => Promise<T>,
): Promise<{ result: T; cpu: CpuTimes }> {
  const before = await readCpu(stand);
  const result = await work();
  return { result, cpu: cpuBetween(before, await readCpu(stand), count(result)) };
}

/** In words: the total, then its parts. */
export function describeCpu(cpu: CpuTimes): string {
  const parts = Object.entries(cpu).map(([name, ms]) => `${name} ${ms?.toFixed(2) ?? '–'}`);
  return `CPU-ms ${(platformTotal(cpu) + cpu.client).toFixed(2)}: ${parts.join(', ')}`;
}

function familyOf(pid: number | undefined): number | undefined {
  return pid === undefined ? undefined : familyCpuMs(pid);
}
