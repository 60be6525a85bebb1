/**
 * The questions that wait on this server: brings them to workers, with workflow tasks that leave or
 * outside of them, and takes the answers in. Keeps no record: a question that dies with its server
 * is asked again by whoever wants to know.
 */
import type { QueueKey } from '@perdure/ports';
import type { CompletionOf, QueryAnswer, WorkflowQuery, WorkflowTask } from '@perdure/protocol';
import { AskedRun, type AskedRunParts, type SeenListener } from './asked-run.ts';
import type { Question } from './question.ts';

/** Most questions that go along with one task; the others go with the next. */
const MOST_RIDERS = 20;
/** Bytes of payloads at which a task takes no further question along. */
const MOST_RIDING_BYTES = 2 * 1024 * 1024;

const nobody: readonly WorkflowQuery[] = [];

export class QueryDesk {
  readonly #parts: AskedRunParts;
  readonly #runs = new Map<string, AskedRun>();
  readonly #byId = new Map<string, Question>();
  /** By the run that they have seen. */
  readonly #byRun = new Map<string, Set<Question>>();

  constructor(parts: AskedRunParts) {
    this.#parts = parts;
  }

  /** Takes a question in, until it ends; rejects when it is refused or given up. */
  ask(question: Question): Promise<QueryAnswer> {
    const { key, runId } = question.asked;
    const name = `${key.namespaceId}/${runId ?? ''}/${key.workflowId}`;
    let run = this.#runs.get(name);
    if (!run) {
      const onSeen: SeenListener = (seen, before) => this.#index(seen, before);
      this.#runs.set(name, (run = new AskedRun(this.#parts, { key, runId }, onSeen)));
    }
    const asked = run;
    this.#byId.set(question.queryId, question);
    question.whenEnded(() => {
      this.#byId.delete(question.queryId);
      this.#unindex(question, question.seenRunId);
      asked.remove(question);
      if (!asked.isEmpty) return;
      asked.close();
      this.#runs.delete(name);
    });
    asked.add(question);
    return question.answer;
  }

  /** What goes along with a task that leaves now. */
  board(namespaceId: number, task: WorkflowTask): readonly WorkflowQuery[] {
    const waiting = this.#byRun.get(task.runId);
    if (!waiting) return nobody;
    const riding: WorkflowQuery[] = [];
    let bytes = 0;
    for (const question of waiting) {
      if (riding.length >= MOST_RIDERS || bytes >= MOST_RIDING_BYTES) break;
      const { key, args, header } = question.asked;
      if (key.namespaceId !== namespaceId || !question.mayRide(task)) continue;
      riding.push(question.ride(task.fence));
      bytes += (args?.length ?? 0) + (header?.length ?? 0);
    }
    return riding;
  }

  /**
   * A workflow task has been completed, and the completion is durable or came to nothing. The run is
   * looked at again for what it has left without an answer.
   */
  concluded(
    namespaceId: number,
    { token, queryResults }: CompletionOf<'workflowTaskCompleted'>,
    isRecorded: boolean,
  ): void {
    const { runId, fence } = token;
    const waiting = this.#byRun.get(runId);
    if (!waiting) return;
    for (const answer of (isRecorded && queryResults) || []) {
      const question = this.#byId.get(answer.queryId);
      if (question?.asked.key.namespaceId !== namespaceId) continue;
      if (question.ridesWith(runId, fence)) question.answered(answer);
    }
    for (const question of waiting) this.stir(question);
  }

  /** A worker begins to take tasks of a queue. */
  joined({ namespaceId, kind }: QueueKey): void {
    if (kind !== 'workflow') return;
    for (const run of this.#runs.values()) {
      if (run.key.namespaceId === namespaceId) run.stir();
    }
  }

  /** The run of a question is looked at again. */
  stir({ asked: { key, runId } }: Question): void {
    this.#runs.get(`${key.namespaceId}/${runId ?? ''}/${key.workflowId}`)?.stir();
  }

  /** Gives up whatever waits. */
  close(reason: Error): void {
    for (const question of this.#byId.values()) question.fail(reason);
  }

  #index(question: Question, before: string | undefined): void {
    const runId = question.seenRunId;
    if (runId === undefined || runId === before) return;
    this.#unindex(question, before);
    const known = this.#byRun.get(runId);
    if (known) known.add(question);
    else this.#byRun.set(runId, new Set([question]));
  }

  #unindex(question: Question, runId: string | undefined): void {
    if (runId === undefined) return;
    const known = this.#byRun.get(runId);
    known?.delete(question);
    if (known?.size === 0) this.#byRun.delete(runId);
  }
}
