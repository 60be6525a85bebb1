/** Imports what workflow code may not. */
import { readFileSync } from 'node:fs';
// oxlint-disable-next-line unicorn/prefer-node-protocol -- both spellings are refused
import { randomUUID } from 'crypto';

export function today(): string {
  return readFileSync(randomUUID(), 'utf8');
}
