/**
 * The words every process shares. Loads in the workflow sandbox, in user processes and in the
 * server alike, so nothing here does I/O, reads a clock or touches a Node built-in.
 */
export { type Clock, type Duration, msOptionalToNumber, msToNumber } from './time.ts';
export {
  type CompiledRetryPolicy,
  type RetryPolicy,
  compileRetryPolicy,
  defaultActivityRetryPolicy,
} from './retry-policy.ts';
export {
  ActivityCancellationType,
  ChildWorkflowCancellationType,
  ContinueAsNewInitiator,
  type ListedExecution,
  ParentClosePolicy,
  QueryRejectCondition,
  RetryState,
  TimeoutType,
  WorkflowExecutionStatus,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowUpdateStage,
} from './enums.ts';
export {
  ActivityFailure,
  ApplicationFailure,
  ApplicationFailureCategory,
  type ApplicationFailureOptions,
  CancelledFailure,
  ChildWorkflowFailure,
  ServerFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowExecutionAlreadyStartedError,
  ensureApplicationFailure,
  ensureTemporalFailure,
  isCancellation,
  rootCause,
} from './failure.ts';
export { TemporalFailure as PerdureFailure } from './failure.ts';
export {
  CompleteAsyncError,
  type ErrorCode,
  IllegalStateError,
  NamespaceNotFoundError,
  PayloadConverterError,
  PerdureServiceError,
  type ServiceErrorFields,
  ValueError,
  WorkflowNotFoundError,
  errorCodes,
} from './errors.ts';
export {
  type ActivityCall,
  type ActivityFunction,
  type ActivityInterfaceFor,
  type ActivityOptions,
  HandlerUnfinishedPolicy,
  type Headers,
  type LocalActivityOptions,
  type QueryDefinition,
  type SignalDefinition,
  type UntypedActivities,
  type UpdateDefinition,
  type Workflow,
  type WorkflowExecution,
  type WorkflowQueryType,
  type WorkflowReturnType,
  type WorkflowResultType,
  type WorkflowSignalType,
  type WorkflowUpdateType,
  type WorkflowUpdateValidatorType,
  type WithWorkflowArgs,
} from './interfaces.ts';
export type { Next } from './interceptors.ts';
export {
  type IndexedField,
  type IndexedFields,
  type SearchAttributeKey,
  type SearchAttributePair,
  SearchAttributeType,
  type SearchAttributeUpdatePair,
  type SearchAttributeValue,
  type SearchAttributes,
  TypedSearchAttributes,
  defineSearchAttributeKey,
  indexedFieldsOf,
  mergeIndexedFields,
  typedSearchAttributes,
  untypedSearchAttributes,
} from './search-attributes.ts';
export { type Priority, compilePriority, faultOfPriority, inheritPriority } from './priority.ts';
export { defineSymbolErrorClass } from './symbol-error-class.ts';
export { decode, encode } from './encoding.ts';
export {
  type LogLevel,
  type LogMetadata,
  type Logger,
  SdkComponent,
  logLevels,
  silentLogger,
} from './logger.ts';
export {
  type CompleteMetricMeter,
  type Metric,
  type MetricCounter,
  type MetricGauge,
  type MetricHistogram,
  type MetricKind,
  type MetricMeter,
  type MetricTags,
  type MetricUpDownCounter,
  type NumericMetricValueType,
  noopMetricMeter,
} from './metrics.ts';
export {
  type AutoUpgradeVersioningOverride,
  InitialVersioningBehavior,
  type PinnedVersioningOverride,
  VersioningBehavior,
  type VersioningIntent,
  type VersioningOverride,
  type WorkerDeploymentVersion,
  toCanonicalString,
} from './versions.ts';
// Declarations of other packages name it.
export type { WithLongNames } from './long-names.ts';
export { errorCode, errorMessage } from './type-helpers.ts';
export type { DecodedFailure, DecodedFailureInfo, Payload } from './converter/payload.ts';
export {
  type DataConverter,
  type LoadedDataConverter,
  defaultDataConverter,
} from './converter/data-converter.ts';
export type { PayloadCodec } from './converter/payload-codec.ts';
export { copyBytes, isBytes } from './converter/bytes.ts';
export { headersFromPayloads, headersToPayloads, keepHeaderNames } from './converter/headers.ts';
export {
  BinaryPayloadConverter,
  CompositePayloadConverter,
  DefaultPayloadConverter,
  type EncodingType,
  JsonPayloadConverter,
  METADATA_ENCODING_KEY,
  type PayloadConverter,
  type PayloadConverterWithEncoding,
  RawValue,
  UndefinedPayloadConverter,
  arrayFromPayloads,
  defaultPayloadConverter,
  encodingKeys,
  encodingTypes,
  fromPayloadsAtIndex,
  mapFromPayloads,
  mapToPayloads,
  toPayloads,
} from './converter/payload-converter.ts';
export {
  DefaultFailureConverter,
  type DefaultFailureConverterOptions,
  FAILURE_SOURCE,
  type FailureConverter,
  MAX_FAILURE_CAUSES,
  defaultFailureConverter,
  failureOf,
} from './converter/failure-converter.ts';
