/** Names of signals, queries and updates with their types; a client and a workflow can share them. */
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@perdure/common';

/** Names a signal and the types of its arguments. */
export function defineSignal<Args extends unknown[] = [], Name extends string = string>(
  name: Name,
): SignalDefinition<Args, Name> {
  return { type: 'signal', name };
}

/** Names a query, its result and the types of its arguments. */
export function defineQuery<Ret, Args extends unknown[] = [], Name extends string = string>(
  name: Name,
): QueryDefinition<Ret, Args, Name> {
  return { type: 'query', name };
}

/** Names an update, its result and the types of its arguments. */
export function defineUpdate<Ret, Args extends unknown[] = [], Name extends string = string>(
  name: Name,
): UpdateDefinition<Ret, Args, Name> {
  return { type: 'update', name };
}

/** Every run answers it: where its code waits, as text. */
export const stackTraceQuery = defineQuery<string>('__stack_trace');
/** Every run answers it: where its code waits, place by place. */
export const enhancedStackTraceQuery = defineQuery<EnhancedStackTrace>('__enhanced_stack_trace');
/** Every run answers it: what it can be asked and told. */
export const workflowMetadataQuery = defineQuery<WorkflowMetadata>('__temporal_workflow_metadata');

/** Where the code of a run waits. */
export interface EnhancedStackTrace {
  readonly sdk: { readonly name: string; readonly version: string };
  /** Source texts by file, where they are shown. */
  readonly sources: Record<string, unknown[]>;
  readonly stacks: { readonly locations: StackLocation[] }[];
}

/** One line of a stack; numbers from 1. */
export interface StackLocation {
  readonly file_path?: string;
  readonly line?: number;
  readonly column?: number;
  readonly function_name?: string;
  readonly internal_code: boolean;
}

/** What a run can be asked and told. */
export interface WorkflowMetadata {
  readonly definition: {
    readonly type: string;
    readonly queryDefinitions: HandlerDescription[];
    readonly signalDefinitions: HandlerDescription[];
    readonly updateDefinitions: HandlerDescription[];
  };
  /** As set by `setCurrentDetails`. */
  readonly currentDetails: string;
}

/** One handler. */
export interface HandlerDescription {
  readonly name: string;
  readonly description?: string;
}
