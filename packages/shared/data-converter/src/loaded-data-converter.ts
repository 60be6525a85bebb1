/**
 * The data converter that a client or worker holds: values, payloads, user codecs, sealing, in that
 * order on the way out and in reverse on the way in. Everything is synchronous unless the user has
 * configured codecs; loading is the only step that waits.
 */
import {
  type DataConverter,
  type DecodedFailure,
  DefaultFailureConverter,
  type FailureConverter,
  type Payload,
  type PayloadCodec,
  type PayloadConverter,
  defaultFailureConverter,
  defaultPayloadConverter,
  keepHeaderNames,
} from '@perdure/common';
import type { Failure, PayloadBlob } from '@perdure/protocol';
import sodium from 'libsodium-wrappers';
import { type BlobOptions, fromBlob, toBlob } from './blobs.ts';
import { Binding, type FailureContext, type PayloadContext, bindingOf } from './context.ts';
import { type BlobTransport, openFailure, sealFailure } from './failure-sealing.ts';
import type { KeyRing } from './key-ring.ts';
import { loadConverterModule } from './load-converter-module.ts';
import { type MaybePromise, andThen } from './maybe-promise.ts';

/** A data converter ready for use. Returns promises only when user codecs are configured. */
export interface LoadedDataConverter {
  readonly payloadConverter: PayloadConverter;
  readonly failureConverter: FailureConverter;
  /** Whether blobs leave sealed, that is, whether there is a key ring. */
  readonly seals: boolean;

  /** Payloads to the blob of one place. */
  toBlob(context: PayloadContext, payloads: readonly Payload[]): MaybePromise<PayloadBlob>;
  /** @throws PayloadOpenError when the blob cannot be opened in this place */
  fromBlob(context: PayloadContext, blob: PayloadBlob): MaybePromise<Payload[]>;

  /**
   * A failure as it travels; message and stack are in a blob where {@link seals}, and where the
   * failure converter was made with `encodeCommonAttributes`.
   */
  sealFailure(context: FailureContext, failure: DecodedFailure): MaybePromise<Failure>;
  /** @throws PayloadOpenError when a part of it cannot be opened */
  openFailure(context: FailureContext, failure: Failure): MaybePromise<DecodedFailure>;

  /** Arguments to a blob; `undefined` for no arguments. */
  encodeArgs(
    context: PayloadContext,
    args: readonly unknown[],
  ): MaybePromise<PayloadBlob | undefined>;
  /** Arguments of a blob; none for `undefined`. */
  decodeArgs(context: PayloadContext, blob: PayloadBlob | undefined): MaybePromise<unknown[]>;
  /** One value to a blob, `undefined` included. */
  encodeValue(context: PayloadContext, value: unknown): MaybePromise<PayloadBlob>;
  /** The first value of a blob; `undefined` for no blob. */
  decodeValue<T>(context: PayloadContext, blob: PayloadBlob | undefined): MaybePromise<T>;
}

/** What {@link loadDataConverter} takes. */
export interface LoadDataConverterOptions {
  /** Default: JSON, bytes and `undefined`, no codecs. */
  dataConverter?: DataConverter;
  /** Default none: blobs are plain and failures in the clear. */
  keyRing?: KeyRing;
  /**
   * What to do with a blob in the clear. `'refuse'` also keeps a server from slipping in values of
   * its own; use it once nothing plain is left. Default `'accept'`.
   */
  plaintext?: 'accept' | 'refuse';
}

/**
 * Makes a data converter ready: libsodium is initialised and the user's modules are imported.
 *
 * @throws ValueError when a converter module is not of the right form
 */
export async function loadDataConverter(
  options: LoadDataConverterOptions = {},
): Promise<LoadedDataConverter> {
  const { dataConverter = {}, keyRing, plaintext = 'accept' } = options;
  const { payloadConverterPath, failureConverterPath, payloadCodecs = [] } = dataConverter;
  const [payloadConverter, failureConverter] = await Promise.all([
    payloadConverterPath === undefined
      ? defaultPayloadConverter
      : loadConverterModule<PayloadConverter>(payloadConverterPath, 'payloadConverter', [
          'toPayload',
          'fromPayload',
        ]),
    failureConverterPath === undefined
      ? defaultFailureConverter
      : loadConverterModule<FailureConverter>(failureConverterPath, 'failureConverter', [
          'errorToFailure',
          'failureToError',
        ]),
    sodium.ready,
  ]);
  const blobs: BlobOptions = { keyRing, plaintext };
  return new StandardDataConverter(payloadConverter, failureConverter, payloadCodecs, blobs);
}

/** Whether messages and stacks are to go through the user's codecs, sealed or not. */
function encodesAttributes(converter: FailureConverter): boolean {
  return (
    converter instanceof DefaultFailureConverter &&
    converter.options.encodeCommonAttributes === true
  );
}

/** What codecs made of payloads; headers keep their names whatever codecs do. */
function named(
  { purpose }: PayloadContext,
  before: readonly Payload[],
  after: readonly Payload[],
): readonly Payload[] {
  return purpose === 'header' ? keepHeaderNames(before, after) : after;
}

class StandardDataConverter implements LoadedDataConverter {
  readonly payloadConverter: PayloadConverter;
  readonly failureConverter: FailureConverter;
  readonly seals: boolean;
  private readonly codecs: readonly PayloadCodec[];
  private readonly blobs: BlobOptions;
  private readonly inFailures: BlobTransport;

  constructor(
    payloadConverter: PayloadConverter,
    failureConverter: FailureConverter,
    codecs: readonly PayloadCodec[],
    blobs: BlobOptions,
  ) {
    this.payloadConverter = payloadConverter;
    this.failureConverter = failureConverter;
    this.codecs = codecs;
    this.blobs = blobs;
    this.seals = blobs.keyRing !== undefined;
    this.inFailures = {
      seals: this.seals || encodesAttributes(failureConverter),
      toBlob: (context, payloads) => this.write(context, Binding.NAMESPACE, payloads),
      fromBlob: (context, blob) => this.read(context, true, blob),
    };
  }

  toBlob(context: PayloadContext, payloads: readonly Payload[]): MaybePromise<PayloadBlob> {
    return this.write(context, bindingOf(context.purpose), payloads);
  }

  fromBlob(context: PayloadContext, blob: PayloadBlob): MaybePromise<Payload[]> {
    return this.read(context, false, blob);
  }

  sealFailure(context: FailureContext, failure: DecodedFailure): MaybePromise<Failure> {
    return sealFailure(this.inFailures, context, failure);
  }

  openFailure(context: FailureContext, failure: Failure): MaybePromise<DecodedFailure> {
    return openFailure(this.inFailures, context, failure);
  }

  encodeArgs(
    context: PayloadContext,
    args: readonly unknown[],
  ): MaybePromise<PayloadBlob | undefined> {
    if (args.length === 0) return undefined;
    return this.toBlob(
      context,
      args.map((arg) => this.payloadConverter.toPayload(arg)),
    );
  }

  decodeArgs(context: PayloadContext, blob: PayloadBlob | undefined): MaybePromise<unknown[]> {
    if (blob === undefined) return [];
    return andThen(this.fromBlob(context, blob), (payloads) =>
      payloads.map((payload) => this.payloadConverter.fromPayload(payload)),
    );
  }

  encodeValue(context: PayloadContext, value: unknown): MaybePromise<PayloadBlob> {
    return this.toBlob(context, [this.payloadConverter.toPayload(value)]);
  }

  decodeValue<T>(context: PayloadContext, blob: PayloadBlob | undefined): MaybePromise<T> {
    return andThen(this.decodeArgs(context, blob), (values) => values[0] as T);
  }

  private write(
    context: PayloadContext,
    binding: Binding,
    payloads: readonly Payload[],
  ): MaybePromise<PayloadBlob> {
    if (this.codecs.length === 0) return toBlob(this.blobs, context, binding, payloads);
    return this.encodeByCodecs([...payloads]).then((encoded) =>
      toBlob(this.blobs, context, binding, named(context, payloads, encoded)),
    );
  }

  private read(
    context: PayloadContext,
    inFailure: boolean,
    blob: PayloadBlob,
  ): MaybePromise<Payload[]> {
    const payloads = fromBlob(this.blobs, context, inFailure, blob);
    if (this.codecs.length === 0) return payloads;
    return this.decodeByCodecs(payloads).then((decoded) => [...named(context, payloads, decoded)]);
  }

  private async encodeByCodecs(payloads: Payload[]): Promise<Payload[]> {
    let current = payloads;
    for (const codec of this.codecs) current = await codec.encode(current);
    return current;
  }

  private async decodeByCodecs(payloads: Payload[]): Promise<Payload[]> {
    let current = payloads;
    for (const codec of this.codecs.toReversed()) current = await codec.decode(current);
    return current;
  }
}
