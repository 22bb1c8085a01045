import * as v from 'valibot';

/** Where a page ended, in a form that nobody is tempted to write themselves. */
export function cursorTo(position: readonly (string | number)[]): string {
  return btoa(JSON.stringify(position)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Reads what `cursorTo` wrote, and nothing else: it comes back from outside. */
export function cursorFrom<Position extends v.GenericSchema>(position: Position) {
  return v.optional(v.pipe(v.string(), v.maxLength(800), v.transform(positionIn), position));
}

function positionIn(cursor: string): unknown {
  try {
    return JSON.parse(atob(cursor.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return undefined;
  }
}
