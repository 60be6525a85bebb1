/** Everything that must come out the same on replay, and globals in general. */
import {
  condition,
  defineSignal,
  log,
  proxyActivities,
  setHandler,
  sleep,
  uuid4,
  workflowInfo,
} from '@perdure/workflow';

const { foo } = proxyActivities<{ foo(seen: unknown): Promise<number> }>({
  startToCloseTimeout: '1 minute',
});

const loadedAt = Date.now();
const loadedWith = Math.random();

export async function draws(): Promise<unknown[]> {
  const seen: unknown[] = [loadedAt, loadedWith];
  for (let turn = 0; turn < 3; turn++) {
    seen.push(uuid4(), Math.random(), crypto.randomUUID(), Date.now(), new Date().toISOString());
    seen.push(Array.from(crypto.getRandomValues(new Uint32Array(2))));
    await sleep(1000);
  }
  seen.push(await foo(seen));
  return seen;
}

export async function clock(): Promise<unknown> {
  const before = Date.now();
  for (let i = 0; i < 1e6; i++);
  class Later extends Date {
    plus(ms: number): Date {
      return new Date(this.getTime() + ms);
    }
  }
  return {
    stands: Date.now() === before,
    called: typeof Date() === 'string' && Date() === new Date().toString(),
    parsed: Date.parse('2020-01-01T00:00:00Z'),
    utc: Date.UTC(2020, 0, 1),
    given: new Date(2020, 0, 1).getFullYear(),
    isDate: new Date() instanceof Date && new Date().constructor === Date,
    subclass: new Later().plus(5).getTime() - before,
    intl: new Intl.DateTimeFormat('en', { timeZone: 'UTC', year: 'numeric' }).format(),
  };
}

const tell = defineSignal<[string]>('tell');

export async function logs(): Promise<void> {
  log.info('begins', { step: 1 });
  console.warn('careful: %s', 'text', { deep: [1] });
  setHandler(tell, (what) => console.log(what));
  let woken = false;
  setHandler(defineSignal('wake'), () => {
    woken = true;
  });
  await condition(() => woken);
  log.error('ends');
}

function attempt(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

export async function globals(): Promise<unknown> {
  const url = new URL('https://user@example.com:8080/a/b?x=1&y=2#top');
  url.searchParams.append('z', 'ü');
  url.hash = '';
  const controller = new AbortController();
  const aborted: unknown[] = [];
  controller.signal.addEventListener('abort', () => aborted.push(controller.signal.reason));
  controller.abort('enough');
  const original = {
    date: new Date(5),
    map: new Map([[1, new Set(['a'])]]),
    self: null as unknown,
  };
  original.self = original;
  const copy = structuredClone(original);
  const order: string[] = [];
  queueMicrotask(() => order.push('microtask'));
  await Promise.resolve();
  return {
    encoded: new TextEncoder().encode('ü') instanceof Uint8Array,
    text: new TextDecoder().decode(new TextEncoder().encode('üñ')),
    fatal: attempt(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))),
    base64: [btoa('abc'), atob('YWJj')],
    badBase64: attempt(() => atob('*')),
    href: url.href,
    params: [...url.searchParams],
    badUrl: attempt(() => new URL('nowhere')),
    canParse: URL.canParse('nowhere'),
    search: new URLSearchParams({ a: '1', b: '2' }).toString(),
    aborted,
    copied: copy.self === copy && copy !== original && copy.map.get(1)?.has('a'),
    copiedDate: copy.date instanceof Date && copy.date.getTime(),
    uncloneable: attempt(() => structuredClone(() => {})),
    order,
    absent: ['process', 'require', 'Buffer', 'performance', 'fetch', 'setInterval'].filter(
      (name) => name in globalThis,
    ),
    weakRef: attempt(() => new WeakRef({})),
    registry: attempt(() => new FinalizationRegistry(() => {})),
    // oxlint-disable-next-line typescript/no-implied-eval -- what such code can see is under test
    codeFromText: attempt(() => new Function('return typeof process')()),
    version: workflowInfo().workflowType,
  };
}
