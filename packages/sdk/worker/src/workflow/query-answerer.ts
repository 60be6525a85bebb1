/**
 * Answers queries: opens what was asked, seals what is answered. Where the code of a run waits is
 * told by a copy of the run that remembers the stack of every call, made by replay for the purpose,
 * so that runs need not pay for being asked.
 */
import { type Payload, defaultPayloadConverter, headersFromPayloads } from '@perdure/common';
import type { LoadedDataConverter } from '@perdure/data-converter';
import type { PayloadBlob, QueryAnswer, WorkflowQuery } from '@perdure/protocol';
import type { EnhancedStackTrace, StackLocation } from '@perdure/workflow';
import { failureOfError, sealed } from '../outgoing-failure.ts';
import { checkBlobSize } from '../payload-limits.ts';
import { againWhenLost } from '../sandbox/interface.ts';
import type { RunPlace } from './history-jobs.ts';
import { type StepPlayer, TaskFailure } from './step-player.ts';

/** A copy of a run that may be asked. */
export interface AskedCopy {
  readonly player: StepPlayer;
  /** Lets go of it, unless others use it too. */
  dispose(): void;
}

/** Brings up a copy of the run; one that traces its calls when asked. */
export type BringUp = (tracing: boolean) => Promise<AskedCopy>;

const STACK_TRACE = '__stack_trace';
const ENHANCED_STACK_TRACE = '__enhanced_stack_trace';

export class QueryAnswerer {
  readonly #converter: LoadedDataConverter;
  readonly #place: RunPlace;

  constructor(converter: LoadedDataConverter, place: RunPlace) {
    this.#converter = converter;
    this.#place = place;
  }

  /** Never rejects: what keeps the run from answering, or from being brought up, is the answer. */
  async answer(query: WorkflowQuery, bringUp: BringUp): Promise<QueryAnswer> {
    try {
      return await againWhenLost(() => this.#answer(query, bringUp));
    } catch (error) {
      const failure =
        error instanceof TaskFailure
          ? await sealed(this.#converter, this.#place, () => error.failure)
          : await failureOfError(this.#converter, this.#place, error);
      return { queryId: query.queryId, failure };
    }
  }

  async #answer(query: WorkflowQuery, bringUp: BringUp): Promise<QueryAnswer> {
    const { queryId, queryName } = query;
    if (queryName === STACK_TRACE || queryName === ENHANCED_STACK_TRACE) {
      const stacks = await stacksOf(bringUp);
      const value = queryName === STACK_TRACE ? stacks.join('\n\n') : enhanced(stacks);
      return { queryId, result: await this.#sealed([defaultPayloadConverter.toPayload(value)]) };
    }
    return this.#ask(query, bringUp);
  }

  async #ask(query: WorkflowQuery, bringUp: BringUp): Promise<QueryAnswer> {
    const { queryId, queryName: queryType, header } = query;
    const args = query.args ? await this.#open('query-input', query.args) : [];
    const headers = header && headersFromPayloads(await this.#open('header', header));
    const copy = await bringUp(false);
    try {
      const job = { kind: 'queryWorkflow', queryId, queryType, args, headers } as const;
      const answer = await copy.player.query(job);
      if (answer.kind === 'answered') {
        return { queryId, result: await this.#sealed(answer.result) };
      }
      const failure = await this.#converter.sealFailure(this.#place, answer.failure);
      return { queryId, failure };
    } finally {
      copy.dispose();
    }
  }

  #open(purpose: 'query-input' | 'header', blob: PayloadBlob) {
    const { namespace, workflowId } = this.#place;
    return this.#converter.fromBlob({ namespace, workflowId, purpose }, blob);
  }

  async #sealed(payloads: readonly Payload[]): Promise<PayloadBlob> {
    const { namespace, workflowId } = this.#place;
    const context = { namespace, workflowId, purpose: 'query-result' } as const;
    const blob = await this.#converter.toBlob(context, payloads);
    checkBlobSize('the answer to the query', blob);
    return blob;
  }
}

async function stacksOf(bringUp: BringUp): Promise<string[]> {
  const copy = await bringUp(true);
  try {
    return (await copy.player.sandbox.pendingStacks()).map(framesOf);
  } finally {
    copy.dispose();
  }
}

/** Without the line of the error that the stack was taken with, and without built-in functions. */
function framesOf(stack: string): string {
  const frames = stack.split('\n').slice(1);
  return frames.filter((line) => !line.endsWith('(<anonymous>)')).join('\n');
}

const frame = /^\s*at (?:(?<name>.*?) \()?(?<file>[^()]+?):(?<line>\d+):(?<column>\d+)\)?$/;

function enhanced(stacks: readonly string[]): EnhancedStackTrace {
  return {
    sdk: { name: 'typescript', version: SDK_VERSION },
    sources: {},
    stacks: stacks.map((stack) => ({ locations: stack.split('\n').flatMap(locationOf) })),
  };
}

function locationOf(line: string): StackLocation[] {
  const { name, file, line: row, column } = frame.exec(line)?.groups ?? {};
  if (file === undefined) return [];
  return [
    {
      file_path: file,
      line: Number(row),
      column: Number(column),
      function_name: name?.replace(/^async /, ''),
      internal_code: file.includes('perdure:'),
    },
  ];
}

const SDK_VERSION = '0.1.0';
