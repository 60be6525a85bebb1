import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  type DecodedFailure,
  MAX_FAILURE_CAUSES,
  ServerFailure,
  TerminatedFailure,
  TimeoutFailure,
  encode,
} from '@perdure/common';
import {
  type Failure,
  failure as failureField,
  failureBlobs,
  hasClearText,
  isSealed,
  pack,
  readUntrusted,
  unpack,
} from '@perdure/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type LoadedDataConverter, PayloadOpenError, loadDataConverter } from '../src/index.ts';
import { now, randomRing, sealingConverter } from './fixtures.ts';

const here = { namespace: 'orders', workflowId: 'order-1' };
const canary = 'canary-7f3a9';
const detail = (text: string) => [
  { metadata: { encoding: encode('json/plain') }, data: encode(`"${text}"`) },
];

let sealing: LoadedDataConverter;
let plain: LoadedDataConverter;
beforeAll(async () => {
  sealing = await sealingConverter();
  plain = await loadDataConverter();
});

/** Over the wire and back, checked as the server checks it. */
const travel = (failure: Failure): Failure =>
  readUntrusted(failureField, unpack(pack(failureField.to(failure))));

/** One failure of every kind, each the cause of the one before. */
function everyKind(): Error {
  return [
    new ServerFailure(canary, true),
    new TerminatedFailure(canary),
    new TimeoutFailure(canary, { at: canary }, 'HEARTBEAT'),
    new CancelledFailure(canary, [canary]),
    ApplicationFailure.create({
      message: canary,
      type: 'T',
      details: [canary],
      nextRetryDelay: '2s',
    }),
    new TypeError(canary),
  ].reduce<Error>(
    (cause, error) => Object.assign(error, { cause }),
    new ActivityFailure(canary, 'pay', '1', 'NON_RETRYABLE_FAILURE', 'worker-1'),
  );
}

describe('a failure', () => {
  it('of every kind, with all its causes, comes back unchanged', () => {
    for (const converter of [sealing, plain]) {
      const { failureConverter, payloadConverter } = converter;
      const failure = failureConverter.errorToFailure(everyKind(), payloadConverter);
      const arrived = travel(now(converter.sealFailure(here, failure)));
      const opened = now(converter.openFailure(here, arrived));
      expect(plainData(opened)).toEqual(plainData(failure));
      const error = failureConverter.failureToError(opened, payloadConverter);
      const kinds = [];
      for (let at: unknown = error; at instanceof Error; at = at.cause) kinds.push(at.name);
      expect(kinds).toEqual([
        'ApplicationFailure',
        'ApplicationFailure',
        'CancelledFailure',
        'TimeoutFailure',
        'TerminatedFailure',
        'ServerFailure',
        'ActivityFailure',
      ]);
    }
  });

  it('shows the server no text, stack or detail when sealed', () => {
    const { failureConverter, payloadConverter } = sealing;
    const failure = failureConverter.errorToFailure(everyKind(), payloadConverter);
    const sealed = now(sealing.sealFailure(here, failure));
    expect(Buffer.from(pack(failureField.to(sealed))).includes(canary)).toBe(false);
    expect(hasClearText(sealed)).toBe(false);
    const blobs = [...failureBlobs(sealed)];
    expect(blobs).toHaveLength(7 + 3);
    expect(blobs.every(isSealed)).toBe(true);
  });

  it('shows the server what it decides on', () => {
    const { failureConverter, payloadConverter } = sealing;
    const error = ApplicationFailure.create({
      message: canary,
      type: 'PaymentDeclined',
      nonRetryable: true,
      nextRetryDelay: '2s',
    });
    const sealed = now(
      sealing.sealFailure(here, failureConverter.errorToFailure(error, payloadConverter)),
    );
    expect(sealed.source).toBe('TypeScriptSDK');
    expect(sealed.info).toEqual({
      kind: 'application',
      type: 'PaymentDeclined',
      nonRetryable: true,
      nextRetryDelayMs: 2_000,
      details: undefined,
    });
  });

  it('travels in the clear without a key ring', () => {
    const failure: DecodedFailure = { message: 'm', stackTrace: 's', info: { kind: 'server' } };
    expect(now(plain.sealFailure(here, failure))).toMatchObject({
      message: 'm',
      stackTrace: 's',
      encodedAttributes: undefined,
    });
  });

  it('that the server made opens as it stands', () => {
    const made: Failure = {
      message: 'activity StartToClose timeout',
      info: { kind: 'timeout', timeoutType: 'START_TO_CLOSE' },
    };
    expect(now(sealing.openFailure(here, made))).toMatchObject(made);
  });

  it('opens in any workflow of its namespace, and in no other namespace', () => {
    const failure: DecodedFailure = {
      message: 'm',
      info: { kind: 'application', details: detail('d') },
      cause: { message: 'c', info: { kind: 'canceled', details: detail('e') } },
    };
    const sealed = now(sealing.sealFailure(here, failure));
    const elsewhere = { namespace: 'orders', workflowId: 'parent-9' };
    expect(now(sealing.openFailure(elsewhere, sealed))).toMatchObject({ message: 'm' });
    const foreign = { namespace: 'billing', workflowId: 'order-1' };
    expect(() => sealing.openFailure(foreign, sealed)).toThrow(PayloadOpenError);
    const onlyCause = {
      ...sealed,
      encodedAttributes: undefined,
      info: { kind: 'server' },
    } as const;
    expect(() => sealing.openFailure(foreign, onlyCause)).toThrow(PayloadOpenError);
  });

  it('does not open with its text and its details swapped', () => {
    const info = { kind: 'application', details: detail('d') } as const;
    const sealed = now(sealing.sealFailure(here, { message: 'm', info }));
    const swapped: Failure = {
      encodedAttributes: (sealed.info as { details: Uint8Array }).details,
      info: { kind: 'application', details: sealed.encodedAttributes },
    };
    expect(() => sealing.openFailure(here, swapped)).toThrow(/failure/);
  });
});

describe('heartbeat details inside a timeout failure', () => {
  const timeout = (lastHeartbeatDetails: Uint8Array): Failure => ({
    info: { kind: 'timeout', timeoutType: 'HEARTBEAT', lastHeartbeatDetails },
  });
  const lastDetails = (failure: DecodedFailure) =>
    (failure.info as { lastHeartbeatDetails?: unknown }).lastHeartbeatDetails;

  it('open as the worker sealed them, in their own workflow only', () => {
    const blob = now(sealing.toBlob({ ...here, purpose: 'heartbeat' }, detail('half')));
    expect(lastDetails(now(sealing.openFailure(here, timeout(blob))))).toMatchObject(
      detail('half'),
    );
    const other = { namespace: 'orders', workflowId: 'order-2' };
    expect(() => sealing.openFailure(other, timeout(blob))).toThrow(PayloadOpenError);
    expect(() => sealing.openFailure({ namespace: 'orders' }, timeout(blob))).toThrow(/workflowId/);
  });

  it('open anywhere in the namespace once a failure has carried them outwards', () => {
    const info = {
      kind: 'timeout',
      timeoutType: 'HEARTBEAT',
      lastHeartbeatDetails: detail('x'),
    } as const;
    const sealed = now(sealing.sealFailure(here, { info }));
    const parent = { namespace: 'orders', workflowId: 'parent-9' };
    expect(lastDetails(now(sealing.openFailure(parent, sealed)))).toMatchObject(detail('x'));
    const asHeartbeat = { ...here, purpose: 'heartbeat' } as const;
    const carried = (sealed.info as { lastHeartbeatDetails: Uint8Array }).lastHeartbeatDetails;
    expect(() => sealing.fromBlob(asHeartbeat, carried)).toThrow(PayloadOpenError);
  });
});

describe('limits', () => {
  it('keeps any failure within what the server takes', () => {
    const text = fc.oneof(fc.string(), fc.constant('x'.repeat(200_000)));
    fc.assert(
      fc.property(text, text, text, (message, stackTrace, type) => {
        for (const converter of [sealing, plain]) {
          const failure = { message, stackTrace, info: { kind: 'application', type } } as const;
          const arrived = travel(now(converter.sealFailure(here, failure)));
          const opened = now(converter.openFailure(here, arrived));
          expect(message.startsWith(opened.message!.slice(0, 60_000))).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('says where it cut', () => {
    const message = 'x'.repeat(70_000);
    const sealed = now(plain.sealFailure(here, { message, info: { kind: 'server' } }));
    expect(sealed.message).toHaveLength(65_536);
    expect(sealed.message!.endsWith('… [70000 characters, cut]')).toBe(true);
  });

  it('drops causes past the deepest the protocol takes', () => {
    let failure: DecodedFailure = { message: 'leaf', info: { kind: 'server' } };
    for (let n = 0; n < 100; n++) failure = { info: { kind: 'server' }, cause: failure };
    const sealed = now(sealing.sealFailure(here, failure));
    let depth = 0;
    for (let at = sealed.cause; at; at = at.cause) depth++;
    expect(depth).toBe(MAX_FAILURE_CAUSES);
    expect(() => [...failureBlobs(sealed)]).not.toThrow();
  });
});

it('a failure with the wrong key is refused, not shown empty', async () => {
  const sealed = now(sealing.sealFailure(here, { message: 'm', info: { kind: 'server' } }));
  const other = await sealingConverter(randomRing('k-1'));
  expect(() => other.openFailure(here, sealed)).toThrow(/holds another key under that id/);
});

/** Without `undefined` fields, and with bytes as arrays. */
function plainData(value: unknown): unknown {
  const bytes = (_: string, each: unknown) => (each instanceof Uint8Array ? [...each] : each);
  return JSON.parse(
    JSON.stringify(value, (key, each) =>
      each?.type === 'Buffer' && Array.isArray(each.data) ? each.data : bytes(key, each),
    ),
  );
}
