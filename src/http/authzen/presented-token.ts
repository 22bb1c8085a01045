import * as v from 'valibot';
import { isIdentifier } from '../../domain/ids.ts';
import type { PresentedToken } from '../../domain/question.ts';
import { moment } from '../moment.ts';
import { jsonObject } from './shapes.ts';

const seconds = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(8_640_000_000_000),
  v.transform((value) => value * 1_000),
);

const token = v.pipe(
  jsonObject,
  v.object({
    session_id: v.custom<string>(isIdentifier),
    issued_at: v.union([v.pipe(moment, v.minValue(0)), seconds]),
  }),
);

/** `context.token {session_id, issued_at}`. Shown and unreadable is not the same as not shown. */
export function readPresentedToken(shown: unknown): PresentedToken | 'unreadable' | null {
  if (shown === undefined) return null;
  const read = v.safeParse(token, shown);
  return read.success ? { sessionId: read.output.session_id, issuedAt: read.output.issued_at } : 'unreadable';
}
