import { type ConversionConfig, toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { jsonObject } from '../../src/http/authzen/shapes.ts';
import { identifier, organization, user } from '../../src/http/listing/query.ts';
import { plainSchema } from './plain-schema.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Ids and keys of the provider. */
const IDENTIFIER = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,190}$' } as const;

/** What a request may send, of the schema that reads it. */
export function schemaOfRequest(schema: v.GenericSchema): JsonSchema {
  return converted(schema, 'strict');
}

/** What an answer holds. Fields may be added to it: readers are to ignore what they do not know. */
export function schemaOfAnswer(schema: v.GenericSchema): JsonSchema {
  return converted(schema, 'open');
}

function converted(schema: v.GenericSchema, mode: 'strict' | 'open'): JsonSchema {
  const overrideSchema: ConversionConfig['overrideSchema'] = ({ valibotSchema, jsonSchema }) => {
    if (valibotSchema.type === 'custom') return customSchema(valibotSchema);
    if (mode === 'strict' || valibotSchema.type !== 'strict_object') return undefined;
    const { additionalProperties: _, ...open } = jsonSchema;
    return open;
  };
  const { $schema: _, ...rest } = toJsonSchema(plainSchema(schema), {
    target: 'draft-2020-12',
    typeMode: 'input',
    // A check of our own has no words in JSON Schema; what has no words at all fails.
    ignoreActions: ['check', 'trim'],
    overrideSchema,
    // Patterns of JSON Schema are always those of Unicode.
    overrideAction: ({ valibotAction, jsonSchema }) =>
      'requirement' in valibotAction &&
      valibotAction.requirement instanceof RegExp &&
      valibotAction.requirement.flags === 'u'
        ? { ...jsonSchema, pattern: valibotAction.requirement.source }
        : undefined,
  });
  return rest;
}

function customSchema(schema: object): { readonly type: 'object' | 'string'; readonly pattern?: string } {
  const check = 'check' in schema ? schema.check : undefined;
  if (check === jsonObject.check) return { type: 'object' };
  if ([identifier, organization, user].some((known) => check === known.check)) return IDENTIFIER;
  throw new Error('a schema of our own that has no words for readers: tell them here');
}
