import type { JsonSchema } from './json-schema.ts';

export function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

export const jsonContent = (schema: JsonSchema, media = 'application/json') => ({ [media]: { schema } });
