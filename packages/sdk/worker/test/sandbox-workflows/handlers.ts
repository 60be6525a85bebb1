/** Queries and updates. */
import {
  ApplicationFailure,
  CancellationScope,
  type HandlerUnfinishedPolicy,
  allHandlersFinished,
  condition,
  currentUpdateInfo,
  defineQuery,
  defineSignal,
  defineUpdate,
  patched,
  proxyActivities,
  setCurrentDetails,
  setDefaultQueryHandler,
  setDefaultUpdateHandler,
  setHandler,
  sleep,
  uuid4,
} from '@perdure/workflow';

const { foo } = proxyActivities<{ foo(what?: string): Promise<string> }>({
  startToCloseTimeout: '1 minute',
});

const get = defineQuery<unknown, [string?]>('get');
export const add = defineUpdate<number, [number]>('add');
const tell = defineSignal<[string]>('tell');
const stop = defineSignal('stop');

export async function asked(): Promise<string> {
  let state = 'begun';
  setHandler(get, (what) => (what ? `${what}: ${state}` : state), { description: 'the state' });
  setHandler(defineQuery<void>('throws'), () => {
    throw new TypeError('cannot say');
  });
  setHandler(defineQuery<unknown>('async'), async () => 'later');
  setHandler(defineQuery<unknown>('sleeps'), () => {
    void sleep(10);
    return 'slept';
  });
  setHandler(defineQuery<unknown>('calls'), () => void foo());
  setHandler(defineQuery<unknown>('times'), () => setTimeout(() => {}, 1));
  setHandler(
    defineQuery<unknown>('scopes'),
    () => void CancellationScope.withTimeout(1, async () => {}),
  );
  setHandler(defineQuery<unknown>('draws'), () => [uuid4(), Math.random()]);
  setHandler(defineQuery<boolean>('patches'), () => patched('in a query'));
  setHandler(tell, (what) => {
    state = what;
  });
  setCurrentDetails('going well');
  await sleep(10);
  return `${state} ${uuid4()}`;
}

export async function anyQuery(): Promise<void> {
  setDefaultQueryHandler((name, ...args) => ({ name, args }));
  setHandler(get, () => 'own');
  await sleep(10);
}

export async function counter(): Promise<unknown> {
  let sum = 0;
  const seen: unknown[] = [];
  setHandler(
    add,
    async (n) => {
      seen.push([currentUpdateInfo(), n]);
      if (n > 100) throw ApplicationFailure.create({ message: 'too much', type: 'TooMuch' });
      if (n > 50) throw new TypeError('broken');
      if (n > 10) {
        await sleep(n);
        seen.push(currentUpdateInfo());
      }
      sum += n;
      return sum;
    },
    {
      validator: (n) => {
        if (n < 0) throw new RangeError('not less than 0');
        if (n === 0) void foo();
      },
    },
  );
  await condition(() => sum >= 5);
  await condition(allHandlersFinished);
  return { sum, seen, outside: currentUpdateInfo() ?? null };
}

/** Changes its argument, which the handler must not see. */
export async function vandal(): Promise<void> {
  const change = defineUpdate<string[], [string[]]>('change');
  setHandler(change, (list) => list, { validator: (list) => void list.push('validator') });
  await sleep('1 day');
}

export async function lateUpdateHandler(): Promise<void> {
  await sleep(1);
  setHandler(add, (n) => n);
  await sleep('1 day');
}

export async function handlerSetInTheSameTask(): Promise<void> {
  await Promise.resolve();
  setHandler(add, (n) => n);
  await sleep('1 day');
}

export async function anyUpdate(): Promise<void> {
  setDefaultUpdateHandler((name, ...args) => ({ name, args }));
  await sleep('1 day');
}

export async function updateEndsRun(): Promise<string> {
  let done = false;
  setHandler(add, (n) => {
    done = true;
    return n;
  });
  await condition(() => done);
  return 'main';
}

export async function updateCallsActivity(): Promise<void> {
  setHandler(defineUpdate<string>('call'), () => foo('from the update'));
  await sleep('1 day');
}

export async function unfinished(unfinishedPolicy?: HandlerUnfinishedPolicy): Promise<void> {
  let stopped = false;
  setHandler(tell, () => sleep('1 day'), { unfinishedPolicy });
  setHandler(add, () => sleep('1 day').then(() => 1), { unfinishedPolicy });
  setHandler(stop, () => {
    stopped = true;
  });
  await condition(() => stopped);
}

export async function described(): Promise<void> {
  setHandler(tell, () => {}, { description: 'told' });
  setHandler(add, () => 1, { description: 'added' });
  await sleep('1 day');
}

async function inner(): Promise<void> {
  await sleep('1 day');
}

export async function waits(): Promise<void> {
  await Promise.all([inner(), foo(), condition(() => false)]);
}

export async function badHandler(): Promise<void> {
  setHandler(add, 'no function' as never);
}
