/**
 * What main and a workflow thread say to each other. Main sends lists of requests; the thread
 * carries them out in order and answers each list by one {@link Answers}, even if nothing in it asks
 * for an answer.
 */
import type { SearchAttributePair } from '@perdure/common';
import type { WorkflowInfo } from '@perdure/workflow';
import type { ActivationResult } from '@perdure/workflow/runtime';
import type { WorkflowBundle } from '../bundle.ts';
import type { SandboxRunOptions, SandboxSettings } from '../interface.ts';
import type { ChannelEnd } from './channel.ts';
import type { CompactActivation, CompactResult } from './compact.ts';

/** What a thread is started with. */
export interface ThreadData {
  readonly channel: ChannelEnd;
  /** One cell: the number, from 1, of the request that the thread is busy with; 0 while it waits. */
  readonly busyWith: Int32Array;
}

/** What a thread loads before it can have runs. */
export interface LoadParts {
  /** The SDK's own code, see `runtime-code.ts`. */
  readonly runtime: string;
  readonly bundle: WorkflowBundle;
  readonly settings: SandboxSettings;
}

/** One thing for a thread to do. Runs have numbers of main's choice. */
export type Request =
  | ({ readonly kind: 'load' } & LoadParts)
  | {
      readonly kind: 'createRun';
      readonly run: number;
      readonly runId: string;
      readonly options?: SandboxRunOptions;
    }
  | ActivateRequest
  | { readonly kind: 'pendingStacks'; readonly run: number }
  | { readonly kind: 'dispose'; readonly run: number };

/** As a list, because it is so frequent. */
export type ActivateRequest = readonly [run: number, activation: CompactActivation];

/** What {@link Request}s are answered with; undefined for those that want none. */
export type AnswerTo<R extends Request> = R extends ActivateRequest
  ? PackedResult
  : R extends { readonly kind: 'load' | 'pendingStacks' }
    ? readonly string[]
    : undefined;

/** What can come of a request. */
export type Given = AnswerTo<Request>;

/** A request came to this. */
export type Answer = Given | Refused;

/** The thread's own code threw, or, when loading, the user's. */
export interface Refused {
  readonly error: string;
  readonly stack?: string;
}

/** The answers to a list of requests, one for each. */
export interface Answers {
  readonly list: readonly Answer[];
  /** How long the list took, milliseconds. */
  readonly tookMs: number;
}

/** An activation's result; beside it, serialized, what may be of any type: a {@link Told}. */
export type PackedResult =
  | CompactResult
  | { readonly result: CompactResult; readonly told: Uint8Array };

/** What an activation leaves for others to see. */
export type Told = Pick<ActivationResult, 'logs' | 'sinkCalls'>;

/** `workflowInfo()` without functions. */
export type SentInfo = Omit<WorkflowInfo, 'unsafe' | 'typedSearchAttributes'> & {
  readonly unsafe: Omit<WorkflowInfo['unsafe'], 'now'>;
  readonly typedSearchAttributes: readonly SearchAttributePair[];
};
