/** What runs of one bundle might see of each other, and must not. */
import { ApplicationFailure, CancellationScope, log, sleep, workflowInfo } from '@perdure/workflow';
import { counter } from './module-state.ts';

let runs = 0;
const cache = new Map<string, string>();
const shared = globalThis as unknown as Record<string, unknown>;

export async function moduleState(): Promise<unknown[]> {
  runs++;
  cache.set(workflowInfo().runId, 'here');
  counter.value += 10;
  await sleep(1);
  runs++;
  return [runs, [...cache.keys()], counter.value];
}

export async function globalState(name: string): Promise<unknown[]> {
  const before = shared['mark'];
  shared['mark'] = name;
  await sleep(1);
  return [before, shared['mark'], Object.keys(shared)];
}

function attempt(change: () => void): string {
  try {
    change();
    return 'changed';
  } catch (error) {
    return (error as Error).name;
  }
}

export async function poison(): Promise<Record<string, string>> {
  const target = (value: unknown): Record<string, unknown> => value as Record<string, unknown>;
  return {
    arrayMethod: attempt(() => (target(Array.prototype)['map'] = () => [])),
    newMethod: attempt(() => (target(Object.prototype)['mine'] = 1)),
    toString: attempt(() => (target(Object.prototype)['toString'] = () => 'poisoned')),
    errorName: attempt(() => (target(Error.prototype)['name'] = 'poisoned')),
    json: attempt(() => (target(JSON)['parse'] = () => 'poisoned')),
    math: attempt(() => (target(Math)['random'] = () => 4)),
    promise: attempt(() => (target(Promise.prototype)['catch'] = () => 'poisoned')),
    global: attempt(() => (target(Object.getPrototypeOf(globalThis))['Date'] = 1)),
    sdkClass: attempt(() => (target(ApplicationFailure)['create'] = () => 'poisoned')),
    sdkPrototype: attempt(() => (target(CancellationScope.prototype)['cancel'] = () => 'poisoned')),
    sdkObject: attempt(() => (target(log)['info'] = () => 'poisoned')),
    console: attempt(() => (target(console)['log'] = () => 'poisoned')),
    asyncFunction: attempt(() => (target(Object.getPrototypeOf(async () => {}))['mine'] = 1)),
    iterator: attempt(
      () => (target(Object.getPrototypeOf([][Symbol.iterator]()))['next'] = () => 'poisoned'),
    ),
    regExp: attempt(() => (target(RegExp)['$1'] = 'poisoned')),
    url: attempt(() => (target(URL.prototype)['toString'] = () => 'poisoned')),
    stackLimit: attempt(() => (Error.stackTraceLimit = 3)),
  };
}

export async function ordinaryCode(): Promise<unknown[]> {
  class MyError extends Error {
    constructor(message: string) {
      super(message);
      this.name = 'MyError';
      this.message = `my ${message}`;
    }
  }
  class MyFailure extends ApplicationFailure {
    constructor(message: string) {
      super(message, 'Mine');
      this.name = 'MyFailure';
    }
  }
  function Old(this: object): void {}
  Old.prototype = Object.create(Error.prototype) as object;
  (Old.prototype as { constructor: unknown }).constructor = Old;
  const point = { x: 1, toString: undefined as unknown };
  point.toString = () => 'point';
  const bag: Record<string, unknown> = {};
  bag['constructor'] = 1;
  bag['valueOf'] = 2;
  const error = new MyError('trouble');
  return [
    `${error.name}: ${error.message}`,
    String(error),
    new MyFailure('x').name,
    new MyFailure('x') instanceof ApplicationFailure,
    (Old.prototype as { constructor: unknown }).constructor === Old,
    `${point as unknown as string}`,
    JSON.stringify(bag),
    Object.keys(bag),
    'abc'.replace(/b(.)/, '$1'),
    [3, 1, 2].toSorted((a, b) => a - b),
  ];
}

export async function stackLimit(): Promise<number> {
  return Error.stackTraceLimit;
}
