import { InvalidArgumentError } from 'commander';

/** A number given as an argument or an option. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted.');
  return Number(text);
}
