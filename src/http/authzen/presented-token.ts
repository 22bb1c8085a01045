import * as v from 'valibot';
import { isIdentifier } from '../../domain/ids.ts';
import type { PresentedToken } from '../../domain/question.ts';
import { jsonObject } from './shapes.ts';

const RFC_3339 = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i;

const time = v.pipe(
  v.string(),
  v.check(isTime),
  v.transform((text) => Date.parse(text.toUpperCase())),
  v.minValue(0),
);

const seconds = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(8_640_000_000_000),
  v.transform((value) => value * 1_000),
);

const token = v.pipe(
  jsonObject,
  v.object({ session_id: v.custom<string>(isIdentifier), issued_at: v.union([time, seconds]) }),
);

/** `context.token {session_id, issued_at}`. Shown and unreadable is not the same as not shown. */
export function readPresentedToken(shown: unknown): PresentedToken | 'unreadable' | null {
  if (shown === undefined) return null;
  const read = v.safeParse(token, shown);
  return read.success ? { sessionId: read.output.session_id, issuedAt: read.output.issued_at } : 'unreadable';
}

/** `Date.parse` makes the second of March of the thirtieth of February. */
function isTime(text: string): boolean {
  const day = RFC_3339.exec(text)?.[1];
  if (day === undefined || Number.isNaN(Date.parse(text.toUpperCase()))) return false;
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}
