/** The number in a path, or null where it is none that the database has given out. */
export function readNumber(text: string | undefined): number | null {
  return text !== undefined && /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : null;
}
