import type * as v from 'valibot';
import { jsonObject } from '../../src/http/authzen/shapes.ts';

/**
 * The schema without what JSON Schema has no words for and needs none: a first look at whether it is an object at all,
 * and a choice that is made while reading.
 */
export function plainSchema(schema: v.GenericSchema): v.GenericSchema {
  if ('pipe' in schema && Array.isArray(schema.pipe)) {
    const [first, second, ...rest] = schema.pipe.filter(isPart);
    if (first === jsonObject && second !== undefined && isSchema(second)) return plainSchema(second);
    const items = [first, second, ...rest].filter((item) => item !== undefined);
    const pipe = items.map((item) => (isSchema(item) ? plainSchema(item) : item));
    return { ...schema, ...{ pipe } };
  }
  if (schema.type === 'lazy' && 'getter' in schema && isGetter(schema.getter)) {
    const chosen = schema.getter(undefined);
    if (isPart(chosen) && isSchema(chosen)) return plainSchema(chosen);
  }
  const inner = Object.entries(schema).map(([name, value]) => [name, plainPart(name, value)] as const);
  return { ...schema, ...Object.fromEntries(inner) };
}

/** Whatever a schema is made of: others, lists of them, or fields. */
function plainPart(name: string, value: unknown): unknown {
  if (isPart(value) && isSchema(value)) return plainSchema(value);
  if (Array.isArray(value)) return value.map((one: unknown) => plainPart('', one));
  if (name !== 'entries' || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plainPart('', field)]));
}

function isGetter(value: unknown): value is (input: unknown) => unknown {
  return typeof value === 'function';
}

interface Part {
  readonly kind: string;
}

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}

function isSchema(part: Part): part is v.GenericSchema {
  return part.kind === 'schema';
}
