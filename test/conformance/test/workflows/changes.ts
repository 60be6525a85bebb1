import {
  type Sinks,
  condition,
  defineSearchAttributeKey,
  deprecatePatch,
  patched,
  proxySinks,
  setHandler,
  sleep,
  upsertMemo,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@perdure/workflow';
import { go } from './changes-before.ts';

interface Notes extends Sinks {
  notes: { add(text: string): void };
}

/** 64: the code after the change. */
export async function changes(): Promise<string> {
  let told = false;
  setHandler(go, () => void (told = true));
  const path = patched('new-path') ? 'new path' : 'old path';
  if (path === 'new path') await sleep('2 hours');
  else await sleep('1 hour');
  await condition(() => told);
  return path;
}

/** 64: once no run is on the old path any more. */
export async function deprecates(): Promise<string> {
  deprecatePatch('new-path');
  await sleep('2 hours');
  return 'new path';
}

/** 64: asks twice; the answer of a run never changes. */
export async function asksAgain(): Promise<boolean[]> {
  const before = patched('asked-twice');
  await sleep('1 hour');
  return [before, patched('asked-twice')];
}

/** 64: passes patches until their list is as long as it may be. */
export async function passesPatches(count: number): Promise<void> {
  for (let i = 0; i < count; i++) patched(`patch-${i}-${'x'.repeat(90)}`);
}

const place = defineSearchAttributeKey('Place', 'KEYWORD');

/** 65 */
export async function saysOfItself(): Promise<unknown> {
  upsertMemo({ note: 'first', gone: 1 });
  upsertSearchAttributes([{ key: place, value: 'here' }]);
  upsertMemo({ note: 'second', gone: null });
  return workflowInfo().memo;
}

/** 66: what is random before and after a task, and what sinks are told. */
export async function random(): Promise<[unknown[], unknown[]]> {
  const { notes } = proxySinks<Notes>();
  const draw = (): unknown[] => [Math.random(), uuid4(), Date.now()];
  const first = draw();
  notes.add('before');
  await sleep('1 hour');
  notes.add('after');
  return [first, draw()];
}
