import * as v from 'valibot';
import type { StandInCore } from '../core.ts';
import { notFound } from '../errors.ts';

/** A method of the stand-in under its own name: what it takes as JSON, and what it does. */
export interface Verb {
  readonly takes: v.GenericSchema;
  readonly run: (standIn: StandInCore, body: unknown) => unknown;
}

/** Keeps what is checked and what is used one thing: `run` sees only what the schema let through. */
export const verb = <Schema extends v.GenericSchema>(
  takes: Schema,
  run: (standIn: StandInCore, args: v.InferOutput<Schema>) => unknown,
): Verb => ({ takes, run: (standIn, body) => run(standIn, v.parse(takes, body)) });

export const text = v.string();
export const maybe = <Schema extends v.GenericSchema>(schema: Schema) => v.exactOptional(schema);
export const metadata = v.record(v.string(), v.unknown());

export const eventOf = (standIn: StandInCore, id: string) => {
  const event = standIn.outbox.find((candidate) => candidate.id === id);
  if (event === undefined) throw notFound('event', id);
  return event;
};
