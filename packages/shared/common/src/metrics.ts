/**
 * What user code counts and measures with. Where the numbers go is the business of whoever
 * implements {@link MetricMeter}; Perdure's own is {@link noopMetricMeter}, which drops them.
 */

/** Facts by which numbers are told apart. Few values each: every combination is a series. */
export type MetricTags = Record<string, string | number | boolean>;

export type NumericMetricValueType = 'int' | 'float';
export type MetricKind = 'counter' | 'histogram' | 'gauge' | 'up-down-counter';

/** Makes metrics. */
export interface MetricMeter {
  createCounter(name: string, unit?: string, description?: string): MetricCounter;
  /** @param valueType default `int` */
  createHistogram(
    name: string,
    valueType?: NumericMetricValueType,
    unit?: string,
    description?: string,
  ): MetricHistogram;
  /** @param valueType default `int` */
  createGauge(
    name: string,
    valueType?: NumericMetricValueType,
    unit?: string,
    description?: string,
  ): MetricGauge;
  createUpDownCounter?(name: string, unit?: string, description?: string): MetricUpDownCounter;
  /** A meter that adds tags to all it makes. */
  withTags(tags: MetricTags): MetricMeter;
}

/** What every metric knows of itself. */
export interface Metric {
  readonly name: string;
  readonly unit?: string;
  readonly description?: string;
  readonly kind: MetricKind;
  readonly valueType: NumericMetricValueType;
}

/** Only grows. */
export interface MetricCounter extends Metric {
  readonly kind: 'counter';
  readonly valueType: 'int';
  /** @param value not negative */
  add(value: number, extraTags?: MetricTags): void;
  withTags(tags: MetricTags): MetricCounter;
}

/** A distribution of values. */
export interface MetricHistogram extends Metric {
  readonly kind: 'histogram';
  record(value: number, extraTags?: MetricTags): void;
  withTags(tags: MetricTags): MetricHistogram;
}

/** A value as it is now. */
export interface MetricGauge extends Metric {
  readonly kind: 'gauge';
  set(value: number, extraTags?: MetricTags): void;
  withTags(tags: MetricTags): MetricGauge;
}

/** Grows and shrinks. */
export interface MetricUpDownCounter extends Metric {
  readonly kind: 'up-down-counter';
  readonly valueType: 'int';
  add(value: number, extraTags?: MetricTags): void;
  withTags(tags: MetricTags): MetricUpDownCounter;
}

/** A meter of which every method is there. */
export type CompleteMetricMeter = MetricMeter & Required<Pick<MetricMeter, 'createUpDownCounter'>>;

/** Measures nothing. */
export const noopMetricMeter: CompleteMetricMeter = {
  createCounter: (name, unit, description) => ({
    name,
    unit,
    description,
    kind: 'counter',
    valueType: 'int',
    add() {},
    withTags() {
      return this;
    },
  }),
  createHistogram: (name, valueType = 'int', unit, description) => ({
    name,
    unit,
    description,
    kind: 'histogram',
    valueType,
    record() {},
    withTags() {
      return this;
    },
  }),
  createGauge: (name, valueType = 'int', unit, description) => ({
    name,
    unit,
    description,
    kind: 'gauge',
    valueType,
    set() {},
    withTags() {
      return this;
    },
  }),
  createUpDownCounter: (name, unit, description) => ({
    name,
    unit,
    description,
    kind: 'up-down-counter',
    valueType: 'int',
    add() {},
    withTags() {
      return this;
    },
  }),
  withTags() {
    return this;
  },
};
