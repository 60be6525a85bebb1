/** Reading the CPU time of processes from /proc, on the processes of this test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { familyCpuMs, findChild, postmasterOf } from '../src/measure/process-cpu.ts';

const burn = 'const end = Date.now() + 200; while (Date.now() < end); console.log("burnt");';

describe.skipIf(!existsSync('/proc/self/stat'))('CPU time from /proc (Linux only)', () => {
  test('a child counts while it lives and after it has ended', async () => {
    const before = familyCpuMs(process.pid) ?? Number.NaN;
    const child = spawn(process.execPath, ['-e', `${burn} setTimeout(() => {}, 60_000);`]);
    await once(child.stdout, 'data');
    expect(findChild(process.pid, 'node')).toBe(child.pid);
    const living = familyCpuMs(process.pid) ?? Number.NaN;
    child.kill('SIGKILL');
    await once(child, 'exit');
    const ended = familyCpuMs(process.pid) ?? Number.NaN;
    expect(living).toBeGreaterThan(before);
    expect(ended).toBeGreaterThanOrEqual(living);
  });

  test('a process that is no Postgres has no postmaster', () => {
    expect(postmasterOf(process.pid)).toBeUndefined();
    expect(familyCpuMs(2 ** 30)).toBeUndefined();
  });
});
