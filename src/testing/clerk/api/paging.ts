import { invalid } from '../errors.ts';

export interface Page<Item> {
  readonly data: readonly Item[];
  readonly total_count: number;
}

const integer = (
  query: URLSearchParams,
  name: string,
  fallback: number,
  min: number,
  max: number,
): number => {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid('form_param_format_invalid', `${name} must be an integer from ${min} to ${max}`, name);
};

export const page = <Item>(items: readonly Item[], query: URLSearchParams, maxLimit = 500): Page<Item> => {
  const limit = integer(query, 'limit', 10, 1, maxLimit);
  const offset = integer(query, 'offset', 0, 0, Number.MAX_SAFE_INTEGER);
  return { data: items.slice(offset, offset + limit), total_count: items.length };
};

type Sortable = Readonly<Record<string, string | number>>;

/** `+key`, `-key` or `key`; newest first when nothing is said. Equal keys stay newest first. */
export const ordered = <Item>(
  items: Iterable<Item>,
  query: URLSearchParams,
  keysOf: (item: Item) => Sortable,
): readonly Item[] => {
  // An unescaped plus arrives as a space.
  const wanted = (query.get('order_by') ?? '-created_at').trim();
  const key = wanted.replace(/^[+-]/, '');
  const sign = wanted.startsWith('-') ? -1 : 1;
  const list = [...items].reverse().map((item) => ({ item, key: keysOf(item)[key] }));
  if (list.some((entry) => entry.key === undefined)) {
    throw invalid('form_param_value_invalid', `order_by does not know ${key}`, 'order_by');
  }
  return list
    .sort((a, b) => {
      const [left, right] = [a.key ?? '', b.key ?? ''];
      return left < right ? -sign : left > right ? sign : 0;
    })
    .map((entry) => entry.item);
};

/**
 * `user_id=a&user_id=b`, each with `+` (include) or `-` (exclude) before it. No value means no filter: the SDK
 * sends nothing for an empty array, so `userId: []` lists everybody.
 */
export const idFilter = (query: URLSearchParams, name: string): ((id: string) => boolean) => {
  const given = [...query.getAll(name), ...query.getAll(`${name}[]`)].map((id) => id.trim());
  const excluded = new Set(given.filter((id) => id.startsWith('-')).map((id) => id.slice(1)));
  const included = new Set(given.filter((id) => !id.startsWith('-')).map((id) => id.replace(/^\+/, '')));
  return (id) => !excluded.has(id) && (included.size === 0 || included.has(id));
};
