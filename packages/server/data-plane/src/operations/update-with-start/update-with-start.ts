import type {
  NamespaceCaller,
  UpdateWithStartInput,
  UpdateWithStartOutput,
} from '@perdure/contract';
import { checkBlobs } from '../../policy/payload-guard.ts';
import { notFound } from '../ask.ts';
import type { OperationParts } from '../parts.ts';
import { submitStart } from '../submit-start.ts';
import { UpdateWatch } from '../update-progress.ts';

/** A start and an update in one (semantics 45). */
export async function updateWithStart(
  parts: OperationParts,
  caller: NamespaceCaller,
  { namespace, identity, start, update }: UpdateWithStartInput,
  signal: AbortSignal | undefined,
): Promise<UpdateWithStartOutput> {
  const { waitForStage, ...asked } = update;
  const { updateId } = asked;
  checkBlobs(caller, { input: asked.input, header: asked.header });
  const key = { namespaceId: caller.namespaceId, workflowId: start.workflowId };
  const watch = new UpdateWatch(parts, { key, updateId, waitForStage, signal });
  try {
    const message = { kind: 'updateWorkflow', request: { ...asked, identity } } as const;
    const reply = await submitStart(parts, caller, { ...start, namespace, identity }, message);
    const { runId, firstExecutionRunId, duplicate } = reply;
    const progress = await watch.progress(runId);
    if (typeof progress === 'string') throw notFound(start.workflowId, runId);
    return { runId, firstExecutionRunId, started: !duplicate, ...progress };
  } finally {
    watch.stop();
  }
}
