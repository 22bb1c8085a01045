import * as v from 'valibot';
import type { FailureCode } from '../failure.ts';

/** What a route is for, as readers of `/openapi.json` are told it: what it takes, and what it answers with. */
export interface Operation {
  readonly group: 'Apps' | 'AuthZEN' | 'Operators' | 'Provider' | 'Service';
  readonly title: string;
  readonly description?: string;
  /** Whose token it asks for. */
  readonly by: 'anyone' | 'app' | 'operator' | 'provider' | 'session';
  readonly query?: Query;
  /** Of the JSON that is sent; the very schema that reads it. */
  readonly body?: v.GenericSchema;
  /** Nothing at all says as much as an empty object. */
  readonly bodyMayBeLeftOut?: true;
  /** Of the JSON that a 200 holds. */
  readonly answer: v.GenericSchema;
  /** Instead of application/json: then the answer is of each line, or of the whole text. */
  readonly media?: 'application/x-ndjson' | 'text/plain';
  /** What a 202 means; it holds what a 200 does. */
  readonly accepted?: string;
  /** Besides those that every route of its kind has. */
  readonly errors?: readonly FailureCode[];
}

export type Operations = Readonly<Record<`${'GET' | 'POST'} /${string}`, Operation>>;

export interface Query {
  readonly parameters: Readonly<Record<string, v.GenericSchema>>;
  readonly words: Readonly<Record<string, string>>;
}

/** The parameters as they are read, each with what it means. */
export function query<const Known extends Query['parameters']>(
  parameters: Known,
  words: { readonly [Name in keyof Known]: string },
): Query {
  return { parameters, words };
}

/** A field with what it means. */
export function said<const Schema extends v.GenericSchema>(schema: Schema, words: string) {
  return v.pipe(schema, v.description(words));
}

export const text = v.string();
export const maybe = v.nullable(v.string());
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const instant = v.pipe(v.string(), v.isoTimestamp());
export const organization = said(text, 'Clerk’s id of the organization, org_….');
export const user = said(text, 'Clerk’s id of the user, user_….');
export const revision = said(count, 'The number of the latest change that the answer contains.');
export const next = said(
  maybe,
  'Ask again with it as `cursor`. Null on the last page, which a short one need not be.',
);
export const scope = said(
  v.strictObject({ type: text, id: text }),
  'The organization itself (type organization), or a resource in it.',
);
