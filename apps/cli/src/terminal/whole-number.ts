import { InvalidArgumentError } from '@commander-js/extra-typings';

/** Parses an option that must be a whole number within bounds. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    const upper = max === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number, ${min} ${upper}.`);
  };
}
