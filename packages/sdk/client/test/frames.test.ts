import {
  type Completion,
  type UpstreamMessage,
  decodeUpstream,
  encodeUpstream,
} from '@perdure/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { framesOf } from '../src/stream/frames.ts';

const MOST_BYTES = 400;

const blob = fc.uint8Array({ maxLength: 600 });
const completion = fc.record({
  kind: fc.constant('activityCompleted' as const),
  n: fc.nat(),
  token: fc.constant({ workflowId: 'w', runId: 'r', scheduledEventId: 5, attempt: 1 }),
  result: blob,
});
const message: fc.Arbitrary<UpstreamMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('call' as const),
    callId: fc.nat(),
    path: fc.constant('workflow.startWorkflow'),
    input: fc.record({ input: blob }),
  }),
  fc.record({
    kind: fc.constant('complete' as const),
    channel: fc.nat(),
    completions: fc.array<Completion>(completion, { maxLength: 5 }),
  }),
  fc.record({
    kind: fc.constant('credit' as const),
    channel: fc.nat(),
    workflow: fc.nat(),
    activity: fc.nat(),
  }),
);

/** What is said, one thing after another, however it is grouped; in the form in which it travels. */
function said(messages: readonly UpstreamMessage[]): string[] {
  return messages
    .flatMap((each): UpstreamMessage[] =>
      each.kind === 'complete'
        ? each.completions.map((one) => ({ ...each, completions: [one] }))
        : [each],
    )
    .map((each) => Buffer.from(encodeUpstream([each])).toString('hex'));
}

it('says everything once and in order, in frames of the size allowed', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (messages) => {
      const { frames, tooLarge } = framesOf(messages, MOST_BYTES);
      for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(MOST_BYTES);
      const sent = said(frames.flatMap((frame) => decodeUpstream(frame)));
      const unsent = new Set(said(tooLarge));
      expect(sent).toEqual(said(messages).filter((each) => !unsent.has(each)));
    }),
  );
});

it('hands back only what is too large by itself', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (messages) => {
      for (const each of framesOf(messages, MOST_BYTES).tooLarge) {
        expect(framesOf([each], MOST_BYTES).frames).toEqual([]);
      }
    }),
  );
});

it('sends messages that fit in one frame', () => {
  const messages: UpstreamMessage[] = [
    { kind: 'credit', channel: 1, workflow: 1, activity: 0 },
    { kind: 'drainWorker', channel: 1 },
  ];
  expect(framesOf(messages).frames).toHaveLength(1);
});
