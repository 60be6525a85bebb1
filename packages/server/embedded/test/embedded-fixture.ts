/** Embedded platforms of the tests, and calls to them over HTTP as any client could make them. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Embedded,
  type EmbeddedOptions,
  removeDataDirectory,
  startEmbedded,
} from '@perdure/embedded';

const folders: string[] = [];
const platforms: Embedded[] = [];

/** A data directory that does not exist yet; removed by {@link cleanUp}. */
export function newDataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-embedded-'));
  folders.push(folder);
  return join(folder, 'data');
}

/** A platform on a free port, closed by {@link cleanUp}. */
export async function start(options: EmbeddedOptions): Promise<Embedded> {
  const platform = await startEmbedded({ port: 0, ...options });
  platforms.push(platform);
  return platform;
}

export async function cleanUp(): Promise<void> {
  await Promise.all(platforms.splice(0).map((platform) => platform.close()));
  for (const folder of folders.splice(0)) {
    await removeDataDirectory(join(folder, 'data'));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the server said. */
export interface Answer {
  readonly status: number;
  readonly data: unknown;
}

/** Asks a query of the contract. */
export function query(
  address: string,
  token: string,
  path: string,
  input: unknown,
): Promise<Answer> {
  const search = new URLSearchParams({ input: JSON.stringify(input) });
  return call(`http://${address}/trpc/${path}?${search}`, token, { method: 'GET' });
}

/** Calls a mutation of the contract. */
export function mutate(
  address: string,
  token: string,
  path: string,
  input: unknown,
): Promise<Answer> {
  return call(`http://${address}/trpc/${path}`, token, {
    method: 'POST',
    body: JSON.stringify(input),
    headers: { 'content-type': 'application/json' },
  });
}

async function call(url: string, token: string, init: RequestInit): Promise<Answer> {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(url, { ...init, headers });
  const body = (await response.json()) as { result?: { data: unknown } };
  return { status: response.status, data: body.result?.data };
}

/** Starts a workflow that no worker will take. */
export function startWorkflow(
  { address, namespace, apiKey }: Embedded,
  workflowId: string,
): Promise<Answer> {
  return mutate(address, apiKey, 'workflow.startWorkflow', {
    namespace,
    workflowId,
    workflowType: 'parked',
    taskQueue: 'nobody',
    requestId: randomUUID(),
  });
}

/** The ids of all workflows. */
export async function workflowIds({ address, namespace, apiKey }: Embedded): Promise<string[]> {
  const { data } = await query(address, apiKey, 'workflow.listWorkflows', { namespace });
  return (data as { executions: { workflowId: string }[] }).executions.map((run) => run.workflowId);
}
