/** What programs import from here: every value by name and kind, every deep import. */
import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as common from '../src/index.ts';
import * as encoding from '../src/encoding.ts';
import * as time from '../src/time.ts';
import * as typeHelpers from '../src/type-helpers.ts';

const kinds: Record<string, string> = {
  ActivityCancellationType: 'object',
  ActivityFailure: 'function',
  ApplicationFailure: 'function',
  ApplicationFailureCategory: 'object',
  BinaryPayloadConverter: 'function',
  CancelledFailure: 'function',
  ChildWorkflowCancellationType: 'object',
  ChildWorkflowFailure: 'function',
  CompleteAsyncError: 'function',
  CompositePayloadConverter: 'function',
  DefaultFailureConverter: 'function',
  DefaultPayloadConverter: 'function',
  FAILURE_SOURCE: 'string',
  HandlerUnfinishedPolicy: 'object',
  IllegalStateError: 'function',
  InitialVersioningBehavior: 'object',
  JsonPayloadConverter: 'function',
  METADATA_ENCODING_KEY: 'string',
  NamespaceNotFoundError: 'function',
  ParentClosePolicy: 'object',
  PayloadConverterError: 'function',
  PerdureFailure: 'function',
  QueryRejectCondition: 'object',
  RawValue: 'function',
  RetryState: 'object',
  SdkComponent: 'object',
  SearchAttributeType: 'object',
  ServerFailure: 'function',
  TemporalFailure: 'function',
  TerminatedFailure: 'function',
  TimeoutFailure: 'function',
  TimeoutType: 'object',
  TypedSearchAttributes: 'function',
  UndefinedPayloadConverter: 'function',
  ValueError: 'function',
  VersioningBehavior: 'object',
  WorkflowExecutionAlreadyStartedError: 'function',
  WorkflowIdConflictPolicy: 'object',
  WorkflowIdReusePolicy: 'object',
  WorkflowNotFoundError: 'function',
  WorkflowUpdateStage: 'object',
  arrayFromPayloads: 'function',
  compileRetryPolicy: 'function',
  defaultDataConverter: 'object',
  defaultFailureConverter: 'object',
  defaultPayloadConverter: 'object',
  defineSearchAttributeKey: 'function',
  encodingKeys: 'object',
  encodingTypes: 'object',
  ensureApplicationFailure: 'function',
  ensureTemporalFailure: 'function',
  errorCode: 'function',
  errorMessage: 'function',
  fromPayloadsAtIndex: 'function',
  isCancellation: 'function',
  mapFromPayloads: 'function',
  mapToPayloads: 'function',
  msOptionalToNumber: 'function',
  msToNumber: 'function',
  noopMetricMeter: 'object',
  rootCause: 'function',
  toCanonicalString: 'function',
  toPayloads: 'function',
};

const deepKinds: Record<string, [module: object, kinds: Record<string, string>]> = {
  encoding: [encoding, { decode: 'function', encode: 'function' }],
  time: [time, { msOptionalToNumber: 'function', msToNumber: 'function' }],
  'type-helpers': [
    typeHelpers,
    {
      SymbolBasedInstanceOfError: 'function',
      assertNever: 'function',
      checkExtends: 'function',
      errorCode: 'function',
      errorMessage: 'function',
      hasOwnProperties: 'function',
      hasOwnProperty: 'function',
      isAbortError: 'function',
      isError: 'function',
      isRecord: 'function',
    },
  ],
};

function kindsOf(module: object, names: Record<string, string>): Record<string, string> {
  const fields = module as Record<string, unknown>;
  return Object.fromEntries(Object.keys(names).map((name) => [name, typeof fields[name]]));
}

interface Target {
  readonly '@perdure/source': string;
  readonly types: string;
  readonly default: string;
}

describe('what programs import', () => {
  it('is there, by its name', () => {
    expect(kindsOf(common, kinds)).toEqual(kinds);
  });

  it.each(Object.entries(deepKinds))('is there in lib/%s', (name, [module, names]) => {
    expect(kindsOf(module, names)).toEqual(names);
    const manifest = new URL('../package.json', import.meta.url);
    const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as {
      exports: Record<string, Target>;
    };
    expect(exports[`./lib/${name}`]).toMatchObject({
      '@perdure/source': `./src/${name}.ts`,
      types: `./dist/${name}.d.ts`,
      default: `./dist/${name}.js`,
    });
  });

  it('has the long names of older programs, which lists of words do not show', () => {
    expect(common.WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE).toBe(
      'REJECT_DUPLICATE',
    );
    expect(common.WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_FAIL).toBe('FAIL');
    expect(common.ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON).toBe('ABANDON');
    expect(common.RetryState.RETRY_STATE_TIMEOUT).toBe('TIMEOUT');
    expect(common.TimeoutType.TIMEOUT_TYPE_HEARTBEAT).toBe('HEARTBEAT');
    expect(common.QueryRejectCondition.QUERY_REJECT_CONDITION_NOT_OPEN).toBe('NOT_OPEN');
    expect(Object.values(common.ParentClosePolicy)).toEqual([
      'TERMINATE',
      'ABANDON',
      'REQUEST_CANCEL',
    ]);
    expectTypeOf<common.ParentClosePolicy>().toEqualTypeOf<
      'TERMINATE' | 'ABANDON' | 'REQUEST_CANCEL'
    >();
  });
});

describe('small parts', () => {
  it('name a version', () => {
    expect(common.toCanonicalString({ deploymentName: 'shop', buildId: '1.2' })).toBe('shop.1.2');
    expect(() => common.toCanonicalString({ deploymentName: 'a.b', buildId: '1' })).toThrow(
      common.ValueError,
    );
    const override: common.VersioningOverride = {
      pinnedTo: { deploymentName: 'shop', buildId: '1' },
    };
    expect(override.pinnedTo.buildId).toBe('1');
  });

  it('keep the category of a failure', () => {
    const failure = common.ApplicationFailure.create({
      message: 'gone',
      category: common.ApplicationFailureCategory.BENIGN,
    });
    expect(failure.category).toBe('BENIGN');
    expect(common.ApplicationFailure.fromError(failure, { category: 'BENIGN' }).category).toBe(
      'BENIGN',
    );
  });

  it('measure nothing, whatever they are told', () => {
    const meter = common.noopMetricMeter.withTags({ shop: 'a' });
    const counter = meter.createCounter('orders', 'order', 'placed').withTags({ kind: 'b' });
    counter.add(1, { more: true });
    expect(counter).toMatchObject({ name: 'orders', unit: 'order', kind: 'counter' });
    expect(meter.createHistogram('ms', 'float')).toMatchObject({ valueType: 'float' });
    expect(meter.createGauge('depth')).toMatchObject({ kind: 'gauge', valueType: 'int' });
    expect(meter.createUpDownCounter?.('open')).toMatchObject({ kind: 'up-down-counter' });
  });

  it('tell errors from other things', () => {
    const aborted = Object.assign(new Error('stop'), { name: 'AbortError' });
    expect(typeHelpers.isAbortError(aborted)).toBe(true);
    expect(typeHelpers.isAbortError(new Error('stop'))).toBe(false);
    expect(common.errorMessage(aborted)).toBe('stop');
    expect(common.errorMessage(7)).toBeUndefined();
    expect(common.errorCode({ code: 'ENOENT' })).toBe('ENOENT');
    expect(common.errorCode(new Error('stop'))).toBeUndefined();
  });
});

describe('payloads', () => {
  const converter = common.defaultPayloadConverter;

  it('of an object, field by field', () => {
    const payloads = common.mapToPayloads(converter, { a: 1, b: undefined });
    expect(common.mapFromPayloads(converter, payloads)).toEqual({ a: 1, b: undefined });
    expect(common.mapFromPayloads(converter, undefined)).toBeUndefined();
  });

  it('of raw values are let through', () => {
    const payload = { metadata: { encoding: common.encode('x/y') }, data: common.encode('z') };
    expect(converter.toPayload(common.RawValue.fromPayload(payload))).toBe(payload);
    const raw = new common.RawValue({ n: 1 });
    expect(converter.fromPayload(converter.toPayload(raw))).toEqual({ n: 1 });
  });
});
