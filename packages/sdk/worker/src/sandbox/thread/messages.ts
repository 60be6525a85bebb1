/**
 * What main and a workflow thread say to each other. Main sends lists of requests; the thread
 * carries them out in order and answers each list by one {@link Answers}, even if nothing in it asks
 * for an answer.
 */
import type { Activation, ActivationResult } from '@perdure/workflow/runtime';
import type { WorkflowBundle } from '../bundle.ts';
import type { SandboxRunOptions, SandboxSettings } from '../interface.ts';
import type { ChannelEnd } from './channel.ts';

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
  | { readonly kind: 'activate'; readonly run: number; readonly activation: Activation }
  | { readonly kind: 'pendingStacks'; readonly run: number }
  | { readonly kind: 'dispose'; readonly run: number };

/** What {@link Request}s are answered with; undefined for those that want none. */
export interface AnswerTo {
  load: readonly string[];
  createRun: undefined;
  activate: PackedResult;
  pendingStacks: readonly string[];
  dispose: undefined;
}

/** A request came to this. */
export type Answer =
  | { readonly value: AnswerTo[Request['kind']] }
  /** The thread's own code threw, or, when loading, the user's. */
  | { readonly error: string; readonly stack?: string };

/** The answers to a list of requests, one for each. */
export interface Answers {
  readonly list: readonly Answer[];
  /** How long the list took, milliseconds. */
  readonly tookMs: number;
}

/** An activation's result, with what may be of any type apart. */
export interface PackedResult {
  readonly result: ActivationResult;
  /** Logs and calls to sinks, serialized, unless they are plain. */
  readonly told?: Uint8Array;
}
