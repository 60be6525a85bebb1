/** The payloads of a command, for whoever checks or weighs what it cannot read. */
import type { Command } from './commands.ts';
import type { Failure } from './failure.ts';
import type { PayloadBlob } from './payload.ts';

/** Every blob of a command outside its failure, with the name of its field. */
export function* commandBlobs(command: Command): Generator<readonly [string, PayloadBlob]> {
  for (const [field, value] of Object.entries(command)) {
    if (value instanceof Uint8Array) yield [field, value];
    else if (holdsBlobs(field)) yield* entriesOf(field, value as Readonly<Record<string, unknown>>);
  }
}

/** The failure that a command carries, if it carries one. */
export function commandFailure(command: Command): Failure | undefined {
  return 'failure' in command ? command.failure : undefined;
}

function holdsBlobs(field: string): boolean {
  return field === 'details' || field === 'userMetadata';
}

function* entriesOf(
  field: string,
  values: Readonly<Record<string, unknown>> | undefined,
): Generator<readonly [string, PayloadBlob]> {
  for (const [key, value] of Object.entries(values ?? {})) {
    if (value instanceof Uint8Array) yield [`${field}.${key}`, value];
  }
}
