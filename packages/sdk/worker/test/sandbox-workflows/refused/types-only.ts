/** Types of host code are welcome. */
import type { Stats } from 'node:fs';
import { type Buffer } from 'node:buffer';
// oxlint-disable-next-line typescript/consistent-type-imports -- many write it so
import * as activities from '../activities.ts';
import { proxyActivities } from '@perdure/workflow';

const { foo } = proxyActivities<typeof activities>({ startToCloseTimeout: 1000 });

export async function wf(stats: Stats, buffer: Buffer): Promise<string> {
  return foo(`${stats.size}${buffer.length}`);
}
