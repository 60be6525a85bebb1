/**
 * Text as Postgres can hold it. A text column takes every character but NUL, and names that users
 * choose may hold one: NUL is stored as U+0001 '0', and U+0001 as U+0001 '1'. One to one, so equal
 * texts stay equal and different ones different.
 */

/** The form to store, and to look for. */
export function toStored(text: string): string {
  if (!text.includes('\0') && !text.includes('\u0001')) return text;
  return text.replaceAll('\u0001', '\u00011').replaceAll('\0', '\u00010');
}

/** The text of a stored form. */
export function fromStored(stored: string): string {
  const [head, ...rest] = stored.split('\u0001');
  return head + rest.map((part) => (part[0] === '0' ? '\0' : '\u0001') + part.slice(1)).join('');
}
