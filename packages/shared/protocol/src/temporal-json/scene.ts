/** What a conversion knows beside the value in hand. */
import type { Payload } from '@perdure/common';
import { type PayloadBlob, encodePlainBlob } from '../payload.ts';
import { type Json, textOf, valueAt } from './json.ts';

/** What a payload field is for: the words by which data-converter binds sealed blobs to places. */
export type BlobPurpose =
  | 'workflow-input'
  | 'workflow-result'
  | 'activity-input'
  | 'activity-result'
  | 'heartbeat'
  | 'signal'
  | 'cancel-details'
  | 'terminate-details'
  | 'memo'
  | 'header'
  | 'marker'
  | 'update-input'
  | 'update-result'
  | 'user-metadata'
  | 'failure'
  | 'failure-details';

/** Which field of which workflow a blob stands in. */
export interface BlobPlace {
  readonly purpose: BlobPurpose;
  /** The workflow that the blob was sealed for, if the history tells. */
  readonly workflowId: string | undefined;
}

/** Options of both directions. */
export interface TemporalJsonOptions {
  /**
   * The namespace of the history. Temporal repeats it in events about other workflows; events of ours
   * do not hold it. Default: those fields are left out.
   */
  readonly namespace?: string;
  /** The workflow of the history. Default: as WorkflowExecutionStarted tells, if it is there. */
  readonly workflowId?: string;
  /**
   * Opens a sealed blob, so that the JSON shows what is in it; `undefined` shows it sealed. With this
   * option the JSON does not give back the events byte for byte. Default: sealed stays sealed.
   */
  readonly open?: (blob: PayloadBlob, place: BlobPlace) => readonly Payload[] | undefined;
  /** Makes the blob of payloads that the JSON has in the clear. Default: a plain blob. */
  readonly close?: (payloads: readonly Payload[], place: BlobPlace) => PayloadBlob;
}

/** What a conversion of one event knows. */
export interface Scene {
  readonly eventId: number;
  readonly namespace: string | undefined;
  /** Whether reading the JSON back must give the same bytes. */
  readonly exact: boolean;
  readonly place: (purpose: BlobPurpose) => BlobPlace;
  readonly open: (blob: PayloadBlob, place: BlobPlace) => readonly Payload[] | undefined;
  readonly close: (payloads: readonly Payload[], place: BlobPlace) => PayloadBlob;
}

/**
 * The scene of one event.
 *
 * @param subject where in `attributes` the id of the workflow stands that the payloads belong to;
 * undefined: they belong to the workflow of the history
 * @param attributes of either form: the path is the same in both
 */
export function sceneOf(
  options: TemporalJsonOptions,
  eventId: number,
  subject: readonly string[] | undefined,
  attributes: unknown,
): Scene {
  const { namespace, workflowId, open = () => undefined, close = encodePlainBlob } = options;
  const of = subject && valueAt(attributes as { [name: string]: Json }, subject);
  const owner = of === undefined ? workflowId : textOf(of);
  return {
    eventId,
    namespace,
    exact: options.open === undefined,
    place: (purpose) => ({ purpose, workflowId: owner }),
    open,
    close,
  };
}
