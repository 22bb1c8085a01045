import * as v from 'valibot';
import type { JsonSchema } from './json-schema.ts';

/** As much of JSON Schema as a list of fields shows. */
interface Shown {
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  readonly description?: string | undefined;
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly items?: unknown;
  readonly additionalProperties?: unknown;
  readonly anyOf?: readonly unknown[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly default?: unknown;
}

const shown: v.GenericSchema<unknown, Shown> = v.object({
  type: v.optional(v.string()),
  format: v.optional(v.string()),
  description: v.optional(v.string()),
  properties: v.optional(v.record(v.string(), v.unknown())),
  required: v.optional(v.array(v.string())),
  items: v.optional(v.unknown()),
  additionalProperties: v.optional(v.unknown()),
  anyOf: v.optional(v.array(v.unknown())),
  enum: v.optional(v.array(v.unknown())),
  const: v.optional(v.unknown()),
  default: v.optional(v.unknown()),
});

/** A list of the fields of an object, those of its parts below them. */
export function fieldsOf(schema: JsonSchema): string[] {
  const whole = v.parse(shown, schema);
  const choices = whole.anyOf ?? [];
  if (choices.length > 0)
    return choices.flatMap((one, at) => [...(at > 0 ? ['', 'or', ''] : []), ...below(one, '')]);
  const lines = below(schema, '');
  return lines.length > 0 ? lines : [`- ${nameOf(whole)}`];
}

function below(schema: unknown, indent: string): string[] {
  const { properties = {}, required = [] } = partOf(schema);
  return Object.entries(properties).flatMap(([name, field]) => {
    const read = v.parse(shown, field);
    const words = [read.description, ...defaultOf(read)].filter((one) => one !== undefined).join(' ');
    return [
      `${indent}- \`${name}\`${required.includes(name) ? '' : '?'} ${nameOf(read)}${words === '' ? '' : `: ${words}`}`,
      ...below(field, `${indent}  `),
    ];
  });
}

/** The object that a field is, or that its list, its record or its choice with null is made of. */
function partOf(schema: unknown): Shown {
  const read = v.parse(shown, schema);
  if (read.items !== undefined) return partOf(read.items);
  if (typeof read.additionalProperties === 'object') return partOf(read.additionalProperties);
  const [choice] = (read.anyOf ?? []).filter((one) => v.parse(shown, one).type !== 'null');
  return choice === undefined ? read : partOf(choice);
}

function nameOf({ type, format, items, additionalProperties, anyOf, enum: choices, ...rest }: Shown): string {
  if (choices !== undefined) return choices.map((one) => `\`${String(one)}\``).join(' or ');
  if (rest.const !== undefined) return `\`${JSON.stringify(rest.const)}\``;
  if (anyOf !== undefined) return anyOf.map((one) => nameOf(v.parse(shown, one))).join(' or ');
  if (items !== undefined) return `list of ${nameOf(v.parse(shown, items))}`;
  if (typeof additionalProperties === 'object')
    return `${nameOf(v.parse(shown, additionalProperties))} by key`;
  if (format === 'date-time') return 'time';
  return type ?? 'any JSON';
}

function defaultOf({ default: given }: Shown): string[] {
  return given === undefined || typeof given === 'object' ? [] : [`${JSON.stringify(given)} unless told.`];
}
