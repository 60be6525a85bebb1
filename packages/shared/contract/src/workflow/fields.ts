/** Fields that several procedures share. Durations and times are milliseconds. */
import { z } from 'zod';

/** Longest id or name, in bytes of UTF-8 (semantics 75). */
const MAX_ID_BYTES = 1_000;
/** An id or a name. */
export const id = z
  .string()
  .min(1)
  .refine((text) => text.isWellFormed() && Buffer.byteLength(text) <= MAX_ID_BYTES, {
    error: `must be at most ${MAX_ID_BYTES} bytes of well-formed text`,
  });

/** A payload blob: opaque to the server. */
export const blob = z.instanceof(Uint8Array) as z.ZodType<Uint8Array>;

/** Text for people. */
export const reason = z.string().max(10_000);

/** Longest duration: 100 years. Deadlines are reckoned with it and must stay exact. */
const MAX_DURATION_MS = 100 * 365.25 * 24 * 3_600_000;
export const milliseconds = z.number().int().min(0).max(MAX_DURATION_MS);

/** A workflow: its current run, or the run named. */
export const execution = z.object({ namespace: id, workflowId: id, runId: id.optional() });

/**
 * {@link execution}, and if the first run of a chain is named: only a run of that chain, so that
 * what was meant for one chain does not hit another that took its workflow id.
 */
export const chainedExecution = execution.extend({ firstExecutionRunId: id.optional() });
