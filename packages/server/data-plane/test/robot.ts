/**
 * A worker that behaves as the SDK's does: keeps runs, ventures fused steps, repeats what was not
 * acknowledged, and says on each connection what it has. Its workflows are programs of so many
 * steps, each of so many activities at once; which activities are due is read from the history.
 *
 * It complains when it is given more than it has slots for, or what it has reported already.
 */
import type { NamespaceCaller } from '@perdure/contract';
import {
  type Ack,
  type ActivityToken,
  type Command,
  type Completion,
  type HistoryEvent,
  type WorkflowTask,
  type WorkflowTaskToken,
  concatBytes,
  decodeEvents,
} from '@perdure/protocol';
import type { DataPlane, WorkerChannel, WorkerConnection, WorkerMail } from '../src/index.ts';

/** What robots share and what is checked of all of them. */
export interface Society {
  readonly caller: NamespaceCaller;
  /** Slots of each kind of each robot. */
  readonly slots: number;
  plane: DataPlane;
  /** Whether robots leave what they are given untouched. */
  lazy: boolean;
  /** Attempts whose outcome was acknowledged, by run and scheduled event. */
  readonly recorded: Set<string>;
  readonly complaints: string[];
  /** Milliseconds that the next piece of work takes. */
  duration(): number;
  /** Whether the next attempt fails. */
  fails(): boolean;
}

/** A workflow's input: steps, and activities of each. */
export function programOf(steps: number, width: number): Uint8Array {
  return new Uint8Array([1, steps, width]);
}

interface KnownRun {
  /** Up to the WorkflowTaskStarted of the last task. */
  events: HistoryEvent[];
  busy: boolean;
  fusibleAt: number | undefined;
  /** Ids of activities scheduled by the last task, in the order of its commands. */
  scheduled: number[];
  waiting: ActivityToken[];
}

type Unnumbered<C> = C extends Completion ? Omit<C, 'n'> : never;

let sessions = 0;

export class Robot {
  readonly sessionId = `robot-${(sessions += 1)}`;
  readonly workflowTasks = new Map<string, WorkflowTaskToken>();
  readonly activities = new Map<string, ActivityToken>();
  alive = true;
  #connection: WorkerConnection | undefined;
  #channel: WorkerChannel | undefined;
  #isOpen = false;
  #draining = false;
  #n = 1;
  readonly #society: Society;
  readonly #runs = new Map<string, KnownRun>();
  readonly #unacknowledged = new Map<number, { completion: Completion; onAck(ack: Ack): void }>();
  readonly #busy = { workflow: 0, activity: 0 };
  #freed = { workflow: 0, activity: 0 };

  constructor(society: Society) {
    this.#society = society;
  }

  /** Connects, for the first time or again; the old connection may not have noticed its end. */
  async connect(): Promise<void> {
    const channel: WorkerChannel = {
      deliver: (mail) => {
        if (this.alive && this.#channel === channel) this.#take(mail);
      },
      cancelActivities: () => {},
    };
    this.#channel = channel;
    this.#isOpen = false;
    this.#freed = { workflow: 0, activity: 0 };
    const { slots, plane, caller } = this.#society;
    try {
      const connection = await plane.openWorker(
        caller,
        {
          channel: 1,
          sessionId: this.sessionId,
          namespace: caller.namespace,
          taskQueue: 'queue',
          identity: this.sessionId,
          workflowTypes: ['test'],
          activityTypes: ['test'],
          workflowCredit: this.#draining ? 0 : slots - this.#busy.workflow,
          activityCredit: this.#draining ? 0 : slots - this.#busy.activity,
          runningActivities: [
            ...this.activities.values(),
            ...this.#parked(),
            ...this.#reported('activity'),
          ],
          runningWorkflowTasks: [...this.workflowTasks.values(), ...this.#reported('workflow')],
        },
        channel,
      );
      if (this.#channel !== channel || !this.alive) return connection.disconnected();
      if (this.#society.plane !== plane) return await this.connect();
      this.#connection = connection;
      this.#isOpen = true;
      connection.credit(this.#freed.workflow, this.#freed.activity);
      connection.complete([...this.#unacknowledged.values()].map(({ completion }) => completion));
      if (this.#draining) connection.drain();
    } catch {
      // The server is away; whoever called tries again.
    }
  }

  get connection(): WorkerConnection | undefined {
    return this.#connection;
  }

  /** Whether the server it last connected to can still reach it. */
  get isConnected(): boolean {
    return this.#isOpen;
  }

  /** Whether it takes tasks. */
  get isWorking(): boolean {
    return this.alive && this.#isOpen && !this.#draining;
  }

  /** The socket is gone; the worker does not know better than to wait. */
  lose(): void {
    const connection = this.#connection;
    this.#isOpen = false;
    this.#channel = undefined;
    this.#connection = undefined;
    connection?.disconnected();
  }

  /** As by kill -9. */
  kill(): void {
    this.alive = false;
    this.lose();
  }

  drain(): void {
    this.#draining = true;
    if (this.#isOpen) this.#connection?.drain();
  }

  /** Does what it was given while it was lazy. */
  wakeUp(): void {
    for (const work of this.#postponed.splice(0)) work();
  }

  readonly #postponed: (() => void)[] = [];

  #parked(): ActivityToken[] {
    return [...this.#runs.values()].flatMap(({ waiting }) => waiting);
  }

  #reported(kind: 'activity'): ActivityToken[];
  #reported(kind: 'workflow'): WorkflowTaskToken[];
  #reported(kind: 'activity' | 'workflow'): (ActivityToken | WorkflowTaskToken)[] {
    const tokens: (ActivityToken | WorkflowTaskToken)[] = [];
    for (const { completion } of this.#unacknowledged.values()) {
      if (completion.kind === 'step') {
        const { workflowId, runId, results } = completion;
        if (kind === 'activity') {
          tokens.push(
            ...results.map(({ scheduledEventId, attempt }) => ({
              workflowId,
              runId,
              scheduledEventId,
              attempt,
            })),
          );
        }
      } else if ('startedEventId' in completion.token === (kind === 'workflow')) {
        tokens.push(completion.token);
      }
    }
    return tokens;
  }

  #take({ acks, workflowTasks, activityTasks }: WorkerMail): void {
    for (const ack of acks) {
      const waiting = this.#unacknowledged.get(ack.n);
      this.#unacknowledged.delete(ack.n);
      waiting?.onAck(ack);
    }
    for (const task of workflowTasks) this.#occupy('workflow', () => void this.#runTask(task));
    for (const { token } of activityTasks) this.#occupy('activity', () => this.#runActivity(token));
  }

  #occupy(kind: 'workflow' | 'activity', work: () => void): void {
    this.#busy[kind] += 1;
    if (this.#busy[kind] > this.#society.slots) {
      this.#society.complaints.push(`${this.sessionId} got more ${kind} tasks than it has slots`);
    }
    work();
  }

  #free(kind: 'workflow' | 'activity'): void {
    this.#busy[kind] -= 1;
    if (this.#draining) return;
    if (!this.#isOpen) this.#freed[kind] += 1;
    else this.#connection!.credit(kind === 'workflow' ? 1 : 0, kind === 'activity' ? 1 : 0);
  }

  #later(work: () => void): void {
    if (this.#society.lazy) this.#postponed.push(() => this.#later(work));
    else setTimeout(() => this.alive && work(), this.#society.duration());
  }

  #report(completion: Unnumbered<Completion>, onAck: (ack: Ack) => void): void {
    const numbered = { ...completion, n: this.#n++ } as Completion;
    this.#unacknowledged.set(numbered.n, { completion: numbered, onAck });
    if (this.#isOpen) this.#connection!.complete([numbered]);
  }

  async #runTask(task: WorkflowTask): Promise<void> {
    const { workflowId, runId, startedEventId, attempt, fence } = task;
    const token = { workflowId, runId, startedEventId, attempt, fence };
    const key = `${runId}.${startedEventId}.${attempt}.${fence}`;
    this.workflowTasks.set(key, token);
    const run = await this.#bringUp(task);
    this.#later(() => {
      this.workflowTasks.delete(key);
      if (!run) {
        const failure = { message: 'no history', info: { kind: 'application' as const } };
        const cause = 'WORKFLOW_WORKER_UNHANDLED_FAILURE' as const;
        this.#report({ kind: 'workflowTaskFailed', token, cause, failure }, () => {});
      } else {
        const commands = commandsOf(run.events);
        this.#report({ kind: 'workflowTaskCompleted', token, commands }, (ack) =>
          this.#acknowledged({ workflowId, runId }, run, { startedEventId, commands }, ack),
        );
      }
      this.#free('workflow');
    });
  }

  async #bringUp(task: WorkflowTask): Promise<KnownRun | undefined> {
    const pushed = decodeEvents(task.events);
    let run = this.#runs.get(task.runId);
    const next = (run?.events.at(-1)?.eventId ?? 0) + 1;
    if (run && (run.busy || next !== task.firstEventId)) {
      this.#evict(task.runId);
      run = undefined;
    }
    if (run) {
      run.busy = true;
      run.events.push(...pushed);
    } else {
      const events = task.firstEventId === 1 ? pushed : await this.#wholeHistory(task, pushed);
      if (!events) return undefined;
      run = { events, busy: true, fusibleAt: undefined, scheduled: [], waiting: [] };
      this.#runs.set(task.runId, run);
    }
    run.fusibleAt = undefined;
    const gap = run.events.findIndex(({ eventId }, i) => eventId !== i + 1);
    if (gap >= 0)
      this.#society.complaints.push(`the events of run ${task.runId} have a gap at ${gap}`);
    return run;
  }

  async #wholeHistory(
    task: WorkflowTask,
    pushed: HistoryEvent[],
  ): Promise<HistoryEvent[] | undefined> {
    const { plane, caller } = this.#society;
    try {
      const segments: Uint8Array[] = [];
      for (let fromEventId: number | undefined = 1; fromEventId !== undefined;) {
        const page = await plane.workflows.getHistory(
          caller,
          {
            namespace: caller.namespace,
            workflowId: task.workflowId,
            runId: task.runId,
            fromEventId,
            waitForClose: false,
            closeEventOnly: false,
          },
          undefined,
        );
        segments.push(page.events);
        fromEventId = page.nextEventId;
      }
      const stored = decodeEvents(concatBytes(segments));
      const known = stored.filter(({ eventId }) => eventId <= task.startedEventId);
      return [...known, ...pushed.slice(pushed.length - (task.startedEventId - known.length))];
    } catch {
      return undefined;
    }
  }

  #acknowledged(
    place: { workflowId: string; runId: string },
    run: KnownRun,
    done: { startedEventId: number; commands: readonly Command[] },
    ack: Ack,
  ): void {
    run.busy = false;
    if (ack.outcome !== 'ok') return this.#evict(place.runId, run);
    const completedId = done.startedEventId + 1;
    run.scheduled = done.commands.flatMap(({ commandType }, i) =>
      commandType === 'ScheduleActivityTask' ? [completedId + 1 + i] : [],
    );
    const predictable = ack.nextEventId === completedId + 1 + done.commands.length;
    run.fusibleAt = predictable ? ack.nextEventId : undefined;
    for (const { scheduledEventId } of ack.eager ?? []) {
      const token = { ...place, scheduledEventId, attempt: 1 };
      this.#occupy('activity', () => this.#runActivity(token));
    }
    if (done.commands.some(({ commandType }) => commandType === 'CompleteWorkflowExecution')) {
      return this.#evict(place.runId, run);
    }
    if (run.waiting.length > 0) this.#fuse(place, run);
  }

  #evict(runId: string, run = this.#runs.get(runId)): void {
    if (run && this.#runs.get(runId) === run) this.#runs.delete(runId);
    for (const token of run?.waiting.splice(0) ?? []) this.#reportResult(token);
  }

  #runActivity(token: ActivityToken): void {
    const { runId, scheduledEventId, attempt } = token;
    if (this.#society.recorded.has(`${runId}.${scheduledEventId}`)) {
      this.#society.complaints.push(
        `event ${scheduledEventId} of run ${runId} is recorded and ran again`,
      );
    }
    const key = `${runId}.${scheduledEventId}.${attempt}`;
    this.activities.set(key, token);
    this.#later(() => {
      this.activities.delete(key);
      if (this.#society.fails()) {
        const failure = { message: 'no luck', info: { kind: 'application' as const } };
        this.#report({ kind: 'activityFailed', token, failure }, () => {});
      } else {
        this.#offer(token);
      }
      this.#free('activity');
    });
  }

  #offer(token: ActivityToken): void {
    const run = this.#runs.get(token.runId);
    if (!run || (!run.busy && run.fusibleAt === undefined)) return this.#reportResult(token);
    run.waiting.push(token);
    if (!run.busy) this.#fuse(token, run);
  }

  #reportResult(token: ActivityToken): void {
    this.#report({ kind: 'activityCompleted', token, result: new Uint8Array([1]) }, (ack) => {
      if (ack.outcome === 'ok') this.#record([token]);
    });
  }

  #record(tokens: readonly ActivityToken[]): void {
    for (const { runId, scheduledEventId } of tokens) {
      this.#society.recorded.add(`${runId}.${scheduledEventId}`);
    }
  }

  #fuse({ workflowId, runId }: { workflowId: string; runId: string }, run: KnownRun): void {
    if (run.fusibleAt === undefined) {
      for (const token of run.waiting.splice(0)) this.#reportResult(token);
      return;
    }
    const assumedNextEventId = run.fusibleAt;
    const waiting = run.waiting.splice(0);
    run.busy = true;
    run.fusibleAt = undefined;
    run.events = [...run.events, ...supposedEvents(run, waiting, assumedNextEventId)];
    const commands = commandsOf(run.events);
    const results = waiting.map(({ scheduledEventId, attempt }) => {
      return { scheduledEventId, attempt, result: new Uint8Array([1]) };
    });
    const workflowTimeMs = Date.now();
    const step = { kind: 'step', workflowId, runId, results, assumedNextEventId } as const;
    const startedEventId = run.events.at(-1)!.eventId;
    this.#report({ ...step, workflowTimeMs, commands }, (ack) => {
      if (ack.outcome === 'ok' || ack.outcome === 'taskRefused') this.#record(waiting);
      this.#acknowledged({ workflowId, runId }, run, { startedEventId, commands }, ack);
    });
  }
}

/** What the history will be if the step is taken: only what {@link commandsOf} looks at. */
function supposedEvents(
  { events, scheduled }: KnownRun,
  results: readonly ActivityToken[],
  nextEventId: number,
): HistoryEvent[] {
  const supposed: { eventType: string; attributes: object }[] = [
    { eventType: 'WorkflowTaskCompleted', attributes: {} },
    ...scheduled.map(() => ({ eventType: 'ActivityTaskScheduled', attributes: {} })),
  ];
  for (const { scheduledEventId } of results) {
    supposed.push({ eventType: 'ActivityTaskStarted', attributes: { scheduledEventId } });
    supposed.push({ eventType: 'ActivityTaskCompleted', attributes: { scheduledEventId } });
  }
  supposed.push({ eventType: 'WorkflowTaskScheduled', attributes: {} });
  supposed.push({ eventType: 'WorkflowTaskStarted', attributes: {} });
  const first = events.at(-1)!.eventId + 1;
  if (first + 1 + scheduled.length !== nextEventId) throw new Error('the robot lost count');
  return supposed.map((event, i) => ({
    ...event,
    eventId: first + i,
  })) as unknown as HistoryEvent[];
}

/** What the program does next. */
function commandsOf(events: readonly HistoryEvent[]): Command[] {
  const [, steps = 0, width = 0] = inputOf(events);
  const scheduled = events.filter(({ eventType }) => eventType === 'ActivityTaskScheduled').length;
  const completed = events.filter(({ eventType }) => eventType === 'ActivityTaskCompleted').length;
  if (completed < scheduled) return [];
  if (scheduled >= steps * width) return [{ commandType: 'CompleteWorkflowExecution' }];
  return Array.from({ length: width }, (_, i) => ({
    commandType: 'ScheduleActivityTask',
    activityId: `${scheduled + i + 1}`,
    activityType: 'test',
    startToCloseTimeoutMs: 3_600_000,
  }));
}

function inputOf(events: readonly HistoryEvent[]): Uint8Array {
  const first = events[0];
  if (first?.eventType !== 'WorkflowExecutionStarted') throw new Error('the history has no start');
  return first.attributes.input ?? new Uint8Array();
}
