/** Text as web APIs read their arguments: whatever it is, converted; `undefined` is 'undefined'. */
export function domString(value: unknown): string {
  return `${value as string}`;
}
