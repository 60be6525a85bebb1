import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type CliProcess,
  type DevLine,
  type Finished,
  cleanUp,
  newFolder,
  runCli,
  startDev,
} from './cli-process.ts';

const timeout = 120_000;

afterEach(cleanUp, timeout);

/** Sends a signal and gives the promised 5 s; then it counts as hung. */
async function stop({ child, finished }: CliProcess, name: NodeJS.Signals): Promise<Finished> {
  const hung = setTimeout(() => child.kill('SIGKILL'), 5_000);
  child.kill(name);
  return finished.finally(() => clearTimeout(hung));
}

function startWorkflow(folder: string, workflowId: string): Promise<Finished> {
  const options = ['--type', 'parked', '--task-queue', 'nobody', '--input', '"hello"'];
  return runCli(folder, ['workflow', 'start', ...options, '--workflow-id', workflowId]);
}

async function workflowIds(folder: string): Promise<string[]> {
  const { stdout, stderr } = await runCli(folder, ['workflow', 'list', '-o', 'json']);
  if (!stdout) throw new Error(stderr);
  return (JSON.parse(stdout) as { workflowId: string }[]).map((run) => run.workflowId);
}

async function canConnect(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

describe('perdure dev', { timeout }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'prints one line with --json, and %s stops all of it within 5 s',
    async (signal) => {
      const folder = newFolder();
      const dev = await startDev(folder);
      const keys = ['address', 'namespace', 'apiKey', 'keyring', 'postgres', 'broker'];
      expect(Object.keys(dev.line)).toEqual(keys);
      expect(readFileSync(dev.line.keyring, 'utf8')).toContain('"primary"');
      expect(await canConnect(dev.line.postgres)).toBe(true);

      const { code, stdout, stderr } = await stop(dev, signal);
      expect(code, stderr).toBe(0);
      expect(stdout.trimEnd().split('\n')).toHaveLength(1);
      expect(await canConnect(dev.line.postgres)).toBe(false);
      for (const secret of [dev.line.apiKey, new URL(dev.line.postgres).password]) {
        expect(stderr).not.toContain(secret);
      }
    },
  );

  it('takes its data directory over after kill -9, with the same key and data', async () => {
    const folder = newFolder();
    const first = await startDev(folder);
    expect((await startWorkflow(folder, 'survivor')).code).toBe(0);
    first.child.kill('SIGKILL');
    await first.finished;

    const second = await startDev(folder);
    const { apiKey, keyring, namespace } = first.line;
    expect(second.line).toMatchObject({ apiKey, keyring, namespace });
    expect(await workflowIds(folder)).toEqual(['survivor']);
    const shown = await runCli(folder, ['workflow', 'show', 'survivor']);
    expect(shown.stdout).toContain('parked  ["hello"]');
  });

  it('runs twice at once in two folders', async () => {
    const folders = [newFolder(), newFolder()];
    const devs = await Promise.all(folders.map((folder) => startDev(folder)));
    expect(new Set(devs.map(({ line }: { line: DevLine }) => line.address)).size).toBe(2);
    await Promise.all(folders.map((folder, n) => startWorkflow(folder, `in-${n}`)));
    expect(await Promise.all(folders.map(workflowIds))).toEqual([['in-0'], ['in-1']]);
  });

  it('keeps keys out of version control, and nothing at all with --ephemeral', async () => {
    const folder = newFolder();
    await startDev(folder);
    expect(readFileSync(join(folder, '.perdure', '.gitignore'), 'utf8')).toBe('*\n');
    const ephemeral = await startDev(folder, ['--ephemeral', '--broker', 'postgres']);
    expect((await stop(ephemeral, 'SIGTERM')).code).toBe(0);
    expect(existsSync(ephemeral.line.keyring)).toBe(false);
  });

  it('shows people how to connect', async () => {
    const folder = newFolder();
    const dev = await startDev(folder);
    await stop(dev, 'SIGTERM');
    const { spawnCli } = await import('./cli-process.ts');
    const shown = spawnCli(folder, ['dev', '--port', '0']);
    await new Promise<void>((resolve) => {
      let text = '';
      shown.child.stdout!.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('Ctrl-C')) resolve();
      });
    });
    const { stdout } = await stop(shown, 'SIGTERM');
    const { namespace, apiKey, keyring } = dev.line;
    expect(stdout).toContain('Perdure is running');
    expect(stdout).toMatch(/export PERDURE_ADDRESS=127\.0\.0\.1:\d+\n/);
    for (const [name, value] of Object.entries({
      NAMESPACE: namespace,
      API_KEY: apiKey,
      KEYRING: keyring,
    })) {
      expect(stdout).toContain(`export PERDURE_${name}=${value}\n`);
    }
  });

  it('says in a line which port or folder is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const folder = newFolder();
    const taken = await runCli(folder, ['dev', '--port', String(port)]);
    other.close();
    expect(taken).toMatchObject({ code: 1, stdout: '' });
    expect(taken.stderr).toMatch(
      new RegExp(`^error: Port ${port} of 127\\.0\\.0\\.1 is taken[^\n]*--port[^\n]*\n$`),
    );

    const dev = await startDev(folder);
    const second = await runCli(folder, ['dev', '--port', '0']);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`in use by another process, pid ${dev.child.pid}`);
  });
});

describe('the commands', { timeout }, () => {
  it('make namespaces and keys with the operator token of the data directory', async () => {
    const folder = newFolder();
    await startDev(folder);
    const json = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await runCli(folder, [...args, '-o', 'json'])).stdout);
    expect(await json('namespace', 'create', 'orders')).toMatchObject({
      name: 'orders',
      sealed: true,
    });
    const key = (await json('key', 'create', '--namespace', 'orders')) as {
      id: string;
      key: string;
    };
    expect(key.key).toContain(`pk_${key.id}_`);
    await json('key', 'revoke', key.id, '--namespace', 'orders');
    const listed = await json('key', 'list', '--namespace', 'orders');
    expect(listed).toMatchObject([{ id: key.id, revokedAt: expect.any(Number) as number }]);
    expect(JSON.stringify(listed)).not.toContain(key.key);

    const again = await runCli(folder, ['namespace', 'create', 'orders']);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toBe("error: namespace 'orders' exists already; choose another name\n");
  });

  it('start, signal, describe, show, cancel and terminate a workflow', async () => {
    const folder = newFolder();
    await startDev(folder);
    const id = `w-${randomUUID()}`;
    expect((await startWorkflow(folder, id)).code).toBe(0);
    await runCli(folder, ['workflow', 'signal', id, '--name', 'more', '--input', '{"n":1}']);
    await runCli(folder, ['workflow', 'cancel', id, '--reason', 'changed my mind']);
    const described = await runCli(folder, ['workflow', 'describe', id, '-o', 'json']);
    expect(JSON.parse(described.stdout)).toMatchObject({
      workflowId: id,
      type: 'parked',
      status: { name: 'RUNNING' },
    });
    await runCli(folder, ['workflow', 'terminate', id, '--reason', 'enough']);
    const shown = await runCli(folder, ['workflow', 'show', id, '-o', 'json']);
    expect(JSON.parse(shown.stdout)).toMatchObject([
      { eventType: 'WorkflowExecutionStarted', attributes: { input: ['hello'] } },
      { eventType: 'WorkflowTaskScheduled' },
      {
        eventType: 'WorkflowExecutionSignaled',
        attributes: { signalName: 'more', input: [{ n: 1 }] },
      },
      { eventType: 'WorkflowExecutionCancelRequested', attributes: { cause: 'changed my mind' } },
      { eventType: 'WorkflowExecutionTerminated', attributes: { reason: 'enough' } },
    ]);
    const closed = await runCli(folder, ['workflow', 'list', '--status', 'TERMINATED']);
    expect(closed.stdout).toContain(id);
  });

  it('say in a line that a workflow does not exist, and the server stays up', async () => {
    const folder = newFolder();
    await startDev(folder);
    for (const command of ['describe', 'show', 'cancel', 'terminate']) {
      const { code, stdout, stderr } = await runCli(folder, ['workflow', command, 'nope']);
      expect({ command, code, stdout }).toEqual({ command, code: 1, stdout: '' });
      expect(stderr).toMatch(/^error: [^\n]*nope[^\n]*\n$/);
    }
    expect(await workflowIds(folder)).toEqual([]);
  });

  it('say in a line that no platform answers, with a stack only for PERDURE_DEBUG', async () => {
    const folder = newFolder();
    const env = { PERDURE_ADDRESS: 'localhost:1', PERDURE_API_KEY: 'pk_x' };
    const plain = await runCli(folder, ['workflow', 'list'], env);
    expect(plain.code).toBe(1);
    expect(plain.stderr).toMatch(/^error: no Perdure server answers at 'localhost:1'[^\n]*\n$/);
    const debug = await runCli(folder, ['workflow', 'list'], { ...env, PERDURE_DEBUG: '1' });
    expect(debug.stderr).toContain('\n    at ');
  });
});
