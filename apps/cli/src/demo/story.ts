/**
 * The demo: FooBar, two activities in a row, lives through kill -9 of its worker and of the server
 * and through a bug in its code. Every claim on the screen is checked; the first that does not hold
 * ends the demo with an error.
 */
import { randomBytes } from 'node:crypto';
import { Client, Connection, type WorkflowHandle } from '@perdure/client';
import { loadKeyRingFile, writeKeyRingFile } from '@perdure/data-converter';
import { FooBar, type Order } from '@perdure/samples';
import { withOperator } from '../connect/operator.ts';
import { failureText } from '../history/open-history.ts';
import { fixedRelease } from './activities.ts';
import { check, timesRun } from './checks.ts';
import { showDatabase, showHistory } from './evidence.ts';
import { inTime, untilPending, watchFailing } from './pending.ts';
import type { DemoProcess, ServerReady } from './processes.ts';
import type { Report } from './report.ts';
import type { Stage } from './stage.ts';

const namespace = 'demo';
const taskQueue = 'demo';

/** Everything the acts hand on. */
interface Scene {
  readonly report: Report;
  readonly stage: Stage;
  readonly client: Client;
  /** How a worker or client reaches the platform. */
  readonly env: Readonly<Record<string, string>>;
  readonly order: Order;
  server: DemoProcess & { readonly ready: ServerReady };
  worker: DemoProcess;
}

/**
 * Plays the whole demo.
 *
 * @throws DemoCheckError when something is not as promised
 */
export async function playDemo(report: Report, stage: Stage): Promise<void> {
  report.line(
    report.paint(
      'bold',
      '\nPerdure: a workflow that survives kill -9, on a server that cannot read it',
    ),
  );
  const since = performance.now();
  const scene = await openPlatform(report, stage);
  const { client, order, env } = scene;
  try {
    const handle = await startFooBar(scene);
    await killWorker(scene, handle);
    await killServer(scene, handle);
    await seeItFail(scene, handle);
    const result = await deployFix(scene, handle);
    const run = { client, handle, order, result };
    await showHistory(report, run);
    await showDatabase(report, run, scene.server.ready.postgres);
  } finally {
    await client.connection.close();
  }
  const took = ((performance.now() - since) / 1000).toFixed(0);
  report.line(`\n${report.paint(['bold', 'green'], `All of this was checked, in ${took} s.`)}`);
  goOn(report, Object.keys(env));
}

async function openPlatform(report: Report, stage: Stage): Promise<Scene> {
  report.section('Start the platform');
  const { processes, dataDir, serverLog: log, keyring } = stage;
  const server = await report.wait(
    'starting the server, with a Postgres of its own',
    processes.startServer({ dataDir, port: 0, log }),
    ({ pid, ready }) => `the server listens on ${ready.address} (process ${pid})`,
  );
  const { address } = server.ready;
  const apiKey = await withOperator({ address, dataDir }, async (control) => {
    await control.createNamespace.mutate({ name: namespace, sealed: true });
    return control.createApiKey.mutate({ namespace, label: 'demo' });
  });
  report.done(
    `namespace '${namespace}' and an API key for it: pk_${apiKey.id}_… (shown once, stored hashed)`,
  );
  const { id } = (await writeKeyRingFile(keyring)).primary();
  report.done(
    `a key ring: key ${id}, in a file that workers and clients read and the server does not`,
  );
  const env = {
    PERDURE_ADDRESS: address,
    PERDURE_NAMESPACE: namespace,
    PERDURE_API_KEY: apiKey.key,
    PERDURE_KEYRING: keyring,
  };
  const connection = await Connection.connect({ address, apiKey: apiKey.key });
  const client = new Client({ connection, namespace, keyRing: await loadKeyRingFile(keyring) });
  const customer = `ada-${randomBytes(6).toString('hex')}@example.com`;
  const order = { customer, item: 'layer cake' };
  const worker = await startWorker({ report, stage, env }, '1');
  return { report, stage, client, env, order, server, worker };
}

function startWorker(
  { report, stage, env }: Pick<Scene, 'report' | 'stage' | 'env'>,
  release: string,
): Promise<DemoProcess> {
  const { processes, ledger, workerLog } = stage;
  const settings = { DEMO_RELEASE: release, DEMO_LEDGER: ledger, DEMO_TASK_QUEUE: taskQueue };
  return report.wait(
    `starting a worker with release ${release} of the code`,
    processes.startWorker({ ...env, ...settings }, workerLog),
    ({ pid }) => `a worker runs release ${release} (process ${pid})`,
  );
}

async function startFooBar({ report, client, order }: Scene): Promise<WorkflowHandle> {
  report.section('Start the workflow FooBar: the activity foo, then the activity bar');
  const workflowId = 'foobar-1';
  const options = { taskQueue, workflowId, args: [order] as const };
  const handle = await client.workflow.start(FooBar, options);
  report.done(`started ${workflowId} with ${JSON.stringify(order)}`);
  return handle;
}

/** Waits until the server knows an attempt of bar as started, and its body has begun. */
function untilBarRuns({ stage }: Scene, handle: WorkflowHandle, time: number) {
  return untilPending(
    handle,
    `bar has begun ${time} times`,
    ({ activityType, state, attempt }) =>
      activityType === 'bar' &&
      state === 'STARTED' &&
      attempt >= time &&
      timesRun(stage.ledger, 'bar') >= time,
  );
}

async function killWorker(scene: Scene, handle: WorkflowHandle): Promise<void> {
  const { report, stage, worker } = scene;
  await report.wait(
    'waiting until bar runs',
    untilBarRuns(scene, handle, 1),
    () => 'foo is done and recorded; bar runs',
  );
  report.section('kill -9 the worker, while it runs bar');
  await worker.kill();
  report.killed(`kill -9 ${worker.pid}: the worker is gone`);
  check(timesRun(stage.ledger, 'bar') === 1, 'bar had begun once', timesRun(stage.ledger, 'bar'));
  const { status } = await handle.describe();
  check(status.name === 'RUNNING', 'the workflow goes on without a worker', status.name);
  report.done('the workflow stands where it was, in Postgres');
  scene.worker = await startWorker(scene, '1');
}

async function killServer(scene: Scene, handle: WorkflowHandle): Promise<void> {
  const { report, stage, server } = scene;
  const { attempt } = await report.wait(
    'waiting until bar runs again',
    untilBarRuns(scene, handle, 2),
    (bar) => `bar runs again: attempt ${bar.attempt}`,
  );
  report.section('kill -9 the server, while bar runs');
  await server.kill();
  report.killed(`kill -9 ${server.pid}: the server is gone`);
  const { dataDir, serverLog: log, processes } = stage;
  const port = Number(new URL(`http://${server.ready.address}`).port);
  scene.server = await report.wait(
    'starting it again, on the same data',
    processes.startServer({ dataDir, port, log }),
    ({ pid }) => `the server is back (process ${pid}); worker and client reconnect by themselves`,
  );
  const { status } = await inTime(handle.describe(), 'the client has reconnected', 20_000);
  check(status.name === 'RUNNING', 'the workflow has survived', status.name);
  check(attempt >= 2, 'the attempt of the killed worker is counted', attempt);
}

async function seeItFail({ report }: Scene, handle: WorkflowHandle): Promise<void> {
  report.section('A bug: bar fails, and is tried again; this is the pending view');
  const { attempt, lastFailure } = await watchFailing(report, handle);
  report.done(`seen: attempt ${attempt}, when it is due, and why the last one failed`);
  const failure = lastFailure ? failureText(lastFailure) : '';
  report.remark(`the text "${failure}" was decrypted here; the server has it sealed`);
}

async function deployFix(scene: Scene, handle: WorkflowHandle): Promise<string> {
  const { report, stage } = scene;
  report.section('Deploy the fix: stop the worker, start one with release 2');
  await scene.worker.stop();
  scene.worker = await startWorker(scene, fixedRelease);
  const result = await report.wait(
    'waiting for the result',
    inTime(handle.result() as Promise<string>, 'the workflow has completed', 60_000),
    (value) => `FooBar completed: ${value}`,
  );
  const { customer, item } = scene.order;
  check(result === `${item} reserved for ${customer}, shipped`, 'the result is right', result);
  const times = { foo: timesRun(stage.ledger, 'foo'), bar: timesRun(stage.ledger, 'bar') };
  check(times.foo === 1, 'foo ran once', times);
  check(times.bar >= 4, 'bar ran at least 4 times', times);
  report.done(
    `foo ran ${times.foo} time, bar ${times.bar} times: a recorded step never runs again`,
  );
  return result;
}

function goOn(report: Report, variables: readonly string[]): void {
  report.line(`
Go on:
  npm run dev                     the platform on this machine; it prints ${variables.join(', ')}
  npx perdure workflow list       look at it, from another terminal in this folder
  apps/samples/src/foobar         the program you have just watched; beside it, more to copy
  README.md                       how the pieces fit
`);
}
