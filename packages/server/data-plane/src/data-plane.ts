/** Puts the data plane together over its ports. */
import type { Clock, Logger } from '@perdure/common';
import type { MessageService, NamespaceCaller, WorkflowService } from '@perdure/contract';
import type { ExecutionState } from '@perdure/engine';
import {
  type DueRun,
  type ExecutionStore,
  type LetterStore,
  type QueueKey,
  type RunRef,
  type SessionStore,
  StoreUnavailableError,
  type TaskBroker,
  type Timers,
  type VisibilityStore,
  type WorkflowKey,
} from '@perdure/ports';
import type { OpenWorker } from '@perdure/protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import { Committer } from './commit/committer.ts';
import { Dispatcher } from './commit/dispatcher.ts';
import { shuttingDown } from './commit/refusals.ts';
import { type LossCommand, type Suspect, lossOf } from './commit/inspect.ts';
import { LetterOffice } from './letters/letter-office.ts';
import { Matcher } from './matching/matcher.ts';
import { type LostTask, Sessions, sessionName } from './matching/sessions.ts';
import type { BacklogTask } from './matching/task-queue.ts';
import type { WorkerChannel, WorkerSession } from './matching/worker-session.ts';
import { type WorkerConnection, openWorker } from './operations/open-worker/open-worker.ts';
import { QueryDesk } from './queries/query-desk.ts';
import { WaitingQueries } from './queries/waiting-queries.ts';
import { findRun } from './operations/find-run.ts';
import { answered, workflowService } from './operations/workflow-service.ts';
import { OutboxPump } from './pumps/outbox-pump.ts';
import { SessionPump } from './pumps/session-pump.ts';
import { TimerPump } from './pumps/timer-pump.ts';
import { TransferPump } from './transfers/transfer-pump.ts';

export interface DataPlaneParts {
  readonly executions: ExecutionStore;
  readonly visibility: VisibilityStore;
  readonly sessions: SessionStore;
  readonly letters: LetterStore;
  readonly broker: TaskBroker;
  readonly clock: Clock;
  /** Rings by `clock`. Default: the machine's. */
  readonly timers?: Timers;
  readonly log: Logger;
  newRunId(): string;
  /** No other server shares the store (default false). */
  readonly alone?: boolean;
  /** How long a worker may be away before its activities are handed on. Default 1 second. */
  readonly activityGraceMs?: number;
  /** Most workers of a namespace connected to this server. Default 10,000. */
  readonly workersPerNamespace?: number;
  /**
   * How long a start that somebody waits for the result of may wait for its first workflow task, in
   * milliseconds, to be committed together with it. Default 10; 0 is not at all.
   */
  readonly holdStartsMs?: number;
}

/** After a start, how long workers get to come back before their tasks may count as lost. */
const RECONNECT_GRACE_MS = 2_000;

/**
 * Default of `holdStartsMs`. Workers answer in one to six, by load. Whoever waits for the result of a
 * slower one waits a commit longer at most: that of the start, which is on its way by then.
 */
const HOLD_STARTS_MS = 10;

/** Wait before the store is asked again, in milliseconds. */
const STORE_RETRY_MS = 200;

/** Runs workflows: decides, commits, dispatches. */
export interface DataPlane {
  readonly workflows: WorkflowService & MessageService;
  openWorker(
    caller: NamespaceCaller,
    hello: OpenWorker,
    channel: WorkerChannel,
  ): Promise<WorkerConnection>;
  /** Begins to pump. */
  start(): void;
  /** Stops pumping and waits for the commit under way. */
  close(): Promise<void>;
}

export function createDataPlane(parts: DataPlaneParts): DataPlane {
  const { executions: store, visibility, broker, clock, log } = parts;
  const alone = parts.alone ?? false;
  const newRunId = () => parts.newRunId();
  const matcher = new Matcher({ broker, log, alone });
  const sessions = new Sessions(matcher, {
    activityGraceMs: parts.activityGraceMs,
    workersPerNamespace: parts.workersPerNamespace,
    board: (namespaceId, task) => queryDesk.board(namespaceId, task),
  });
  const dispatcher = new Dispatcher({ store, matcher, sessions, log });
  const sessionPump = new SessionPump({
    store: parts.sessions,
    clock,
    log,
    alone,
    sessionNames: () => sessions.names(),
  });
  const committer = new Committer({
    store,
    clock,
    log,
    matcher,
    sessions,
    dispatcher,
    alone,
    holdStartsMs: parts.holdStartsMs ?? HOLD_STARTS_MS,
    onSuspects: (key, runId, suspects) => void handOnLost(key, runId, suspects),
    onWakeMoved: (wakeAt) => timerPump.moved(wakeAt),
    onTransfers: (owed) => transferPump.carryOut(owed),
    newRunId,
  });
  const timerPump = new TimerPump({
    store,
    clock,
    timers: parts.timers,
    log,
    wake: (run) => wake(run),
  });
  const transferPump = new TransferPump({ committer, store, clock }, log);
  const outboxPump = new OutboxPump({ store, broker, matcher, clock, log });
  const queryDesk = new QueryDesk({
    alone,
    find: (key, runId) => findRun({ committer, store }, key, runId),
    watch: (key, listener) => committer.watch(key, listener),
    workerFor,
    sessionOf: (namespaceId, sessionId) => sessions.get(namespaceId, sessionId),
  });
  const waitingQueries = new WaitingQueries();
  const letterOffice = alone
    ? undefined
    : new LetterOffice({
        store: parts.letters,
        broker,
        clock,
        log,
        queryDesk,
        waitingQueries,
        watchUpdates: (key, listener) =>
          committer.watch(key, (news) => {
            if (news.length > 0) listener();
          }),
        newId: newRunId,
        hasWorkers: () => !sessions.isEmpty,
        hasSession: (namespaceId, id) => sessions.get(namespaceId, id)?.present ?? false,
        servesQueue: (namespaceId, taskQueue) =>
          matcher.anyOf({ namespaceId, taskQueue, kind: 'workflow' }) !== undefined,
      });

  let trustAbsenceFrom = Number.POSITIVE_INFINITY;
  let closed = false;

  matcher.onStart((task, session) => void startWaiting(task, session));
  matcher.onJoined((key) => queryDesk.joined(key));
  sessions.onLost((lost) => lose(lost));

  async function wake(run: DueRun): Promise<void> {
    const { runId } = await committer.ask(run, { kind: 'wake', deadline: clock.now() + 30_000 });
    // Another run is current: all that this one can still want is to be rid of what it owes.
    if (runId !== run.runId) await transferPump.remindPast(run);
  }

  async function startWaiting(waiting: BacklogTask, session: WorkerSession): Promise<void> {
    const { run, task } = waiting;
    const workflowId = waiting.workflowId ?? (await workflowIdOf(run));
    if (workflowId === undefined) return matcher.release(session, task.kind);
    const key = { namespaceId: run.namespaceId, workflowId };
    committer.submit(key, {
      kind: 'place',
      runId: run.runId,
      session,
      task,
      deadline: Number.POSITIVE_INFINITY,
      done() {},
      fail: () => matcher.release(session, task.kind),
    });
  }

  /**
   * Waits for a store that is away: the slot that is kept meanwhile is of no use to other tasks
   * either, and they would be drained from the broker for nothing.
   */
  async function workflowIdOf(run: RunRef): Promise<string | undefined> {
    while (!closed) {
      try {
        return (await store.loadRun(run))?.workflowId;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) {
          log.error('could not look up a waiting task', { ...run, error: String(error) });
          return undefined;
        }
        await sleep(STORE_RETRY_MS);
      }
    }
    return undefined;
  }

  function submitLoss(key: WorkflowKey, runId: string, command: LossCommand): void {
    committer.submit(key, {
      kind: 'command',
      command,
      runId,
      requestId: undefined,
      session: undefined,
      deadline: Number.POSITIVE_INFINITY,
      done() {},
      fail() {},
    });
  }

  function lose({ namespaceId, task }: LostTask): void {
    const { workflowId, runId } = task.token;
    submitLoss({ namespaceId, workflowId }, runId, lossOf(task));
  }

  async function handOnLost(
    key: WorkflowKey,
    runId: string,
    suspects: readonly Suspect[],
  ): Promise<void> {
    if (clock.now() < trustAbsenceFrom) return;
    const { namespaceId } = key;
    const nameOf = ({ sessionId }: Suspect) => sessionName(namespaceId, sessionId);
    try {
      const live = await sessionPump.liveElsewhere(suspects.map(nameOf));
      for (const suspect of suspects) {
        const { sessionId, command } = suspect;
        const isLost = !live.has(nameOf(suspect)) && !sessions.get(namespaceId, sessionId);
        if (isLost) submitLoss(key, runId, command);
      }
    } catch (error) {
      log.warn('could not look up worker sessions; trying again', { error: String(error) });
    }
  }

  function workerFor(
    namespaceId: number,
    { taskQueue, stickySession }: ExecutionState,
    except: ReadonlySet<WorkerSession>,
  ): WorkerSession | undefined {
    const sticky = stickySession ? sessions.get(namespaceId, stickySession) : undefined;
    return matcher.anyOf({ namespaceId, taskQueue, kind: 'workflow' }, sticky, except);
  }

  const typesServed = (key: QueueKey) => matcher.typesServed(key);
  const shared = { committer, store, visibility, clock, alone };
  const asking = { waitingQueries, queryDesk, letterOffice };
  const operations = { ...shared, ...asking, newRunId, typesServed };
  return {
    workflows: workflowService(operations),
    openWorker: (caller, hello, channel) =>
      answered(
        openWorker(
          { committer, dispatcher, matcher, sessions, sessionPump, queryDesk, letterOffice },
          caller,
          hello,
          channel,
        ),
      ),
    start() {
      trustAbsenceFrom = clock.now() + RECONNECT_GRACE_MS;
      timerPump.start();
      outboxPump.start();
      sessionPump.start();
      letterOffice?.start();
    },
    async close() {
      closed = true;
      timerPump.stop();
      outboxPump.stop();
      sessionPump.stop();
      transferPump.stop();
      letterOffice?.stop();
      queryDesk.close(shuttingDown());
      matcher.close();
      sessions.close();
      await committer.close();
    },
  };
}
