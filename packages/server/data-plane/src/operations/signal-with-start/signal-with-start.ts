import type {
  NamespaceCaller,
  SignalWithStartInput,
  SignalWithStartOutput,
} from '@perdure/contract';
import { checkBlobs } from '../../policy/payload-guard.ts';
import type { OperationParts } from '../parts.ts';
import { submitStart } from '../submit-start.ts';

/** Signals the open run, or starts one that has the signal from the beginning (semantics 37). */
export async function signalWithStart(
  parts: OperationParts,
  caller: NamespaceCaller,
  { signalName, signalInput, ...start }: SignalWithStartInput,
): Promise<SignalWithStartOutput> {
  checkBlobs(caller, { signalInput });
  const { header, identity } = start;
  const said = { signalName, input: signalInput, header, identity };
  const message = { kind: 'signalWorkflow', ...said, withStart: true } as const;
  const { runId, firstExecutionRunId, duplicate } = await submitStart(
    parts,
    caller,
    start,
    message,
  );
  return { runId, firstExecutionRunId, started: !duplicate };
}
