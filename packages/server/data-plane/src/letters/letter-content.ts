/** What letters say, as bytes. */
import type { QueryWorkflowInput } from '@perdure/contract';
import {
  type Failure,
  type PayloadBlob,
  type QueryAnswer,
  bytes,
  failure,
  name,
  optional,
  pack,
  queryAnswer,
  readUntrusted,
  record,
  unpack,
  word,
} from '@perdure/protocol';

const question = record({
  workflowId: name,
  queryName: name,
  args: optional(bytes),
  header: optional(bytes),
  rejectCondition: word(['NONE', 'NOT_OPEN', 'NOT_COMPLETED_CLEANLY']),
});

/** A question that another server is to put to a worker. */
export interface QuestionLetter {
  readonly workflowId: string;
  readonly queryName: string;
  readonly args?: PayloadBlob;
  readonly header?: PayloadBlob;
  readonly rejectCondition: QueryWorkflowInput['rejectCondition'];
}

export function packQuestion(letter: QuestionLetter): Uint8Array {
  return pack(question.to(letter));
}

/** @throws Error when another build has written it and it is no question to this one */
export function unpackQuestion(packed: Uint8Array): QuestionLetter {
  return readUntrusted(question, unpack(packed));
}

export function packAnswer(answer: QueryAnswer): Uint8Array {
  return pack(queryAnswer.to(answer));
}

/** @throws Error likewise */
export function unpackAnswer(packed: Uint8Array): QueryAnswer {
  return readUntrusted(queryAnswer, unpack(packed));
}

export function packFailure(reasons: Failure): Uint8Array {
  return pack(failure.to(reasons));
}

/** @throws Error likewise */
export function unpackFailure(packed: Uint8Array): Failure {
  return readUntrusted(failure, unpack(packed));
}
