/** Only their types are used. */
import { readFile } from 'node:fs/promises';

export async function foo(input: string): Promise<string> {
  return readFile(input, 'utf8');
}

export async function bar(text: string, times: number): Promise<number> {
  return text.length * times;
}
