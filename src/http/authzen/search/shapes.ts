import * as v from 'valibot';
import { cursorFrom } from '../../listing/cursor.ts';
import { action, anyResource, anySubject, context, jsonObject, resource, subject } from '../shapes.ts';

/** A larger page is allowed to be asked for, and is as large as this one. */
export const MOST_RESULTS = 500;

const position = v.strictTuple([
  v.literal('search'),
  // Of the request whose pages these are.
  v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  // The last result of the page before.
  v.pipe(v.string(), v.regex(/^[\x21-\x7e]{0,200}$/)),
]);

const page = v.optional(
  v.pipe(
    jsonObject,
    v.object({
      token: cursorFrom(position),
      limit: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 100),
    }),
  ),
  {},
);

export const subjectSearch = v.pipe(
  jsonObject,
  v.object({ subject: anySubject, action, resource, context, page }),
);
export const resourceSearch = v.pipe(
  jsonObject,
  v.object({ subject, action, resource: anyResource, context, page }),
);
export const actionSearch = v.pipe(jsonObject, v.object({ subject, resource, context, page }));

export type Page = v.InferOutput<typeof page>;
export type SubjectSearch = v.InferOutput<typeof subjectSearch>;
export type ResourceSearch = v.InferOutput<typeof resourceSearch>;
export type ActionSearch = v.InferOutput<typeof actionSearch>;
