import { isIdentifier } from '../../domain/ids.ts';

/** Takes one problem; `at` says where, like `roles.org:admin.can[2]`. */
export type Report = (at: string, problem: string) => void;

type Fields = Readonly<Record<string, unknown>>;

const LONGEST_NAME = 191;
const LONGEST_TEXT = 1_000;

/** What a terminal would obey, and what Postgres keeps in no text: one would fail when the policy is activated. */
const UNPRINTABLE = /[^\P{Cc}\t\n]|\p{Cs}/u;

/** What stands in an object with known keys. Undefined counts as left out; nothing inherited counts at all. */
export function fieldsOf(
  value: unknown,
  at: string,
  known: readonly string[],
  report: Report,
): Fields | null {
  if (!isObject(value)) {
    report(at, 'must be an object');
    return null;
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) report(at, `knows no ${JSON.stringify(key)}, only ${known.join(', ')}`);
  }
  return Object.assign(Object.create(null), value) as Fields;
}

/** What an object declares by key, those with a key that cannot be one left out. */
export function declarations(value: unknown, at: string, report: Report): (readonly [string, unknown])[] {
  if (!isObject(value)) {
    report(at, 'must be an object');
    return [];
  }
  const entries = Object.entries(value);
  if (entries.length === 0) report(at, 'must not be empty');
  return entries.filter(([key]) => {
    if (isKey(key)) return true;
    report(
      at,
      `${JSON.stringify(key.slice(0, LONGEST_NAME + 1))} is no key: 1 to ${LONGEST_NAME} characters of A-Z a-z 0-9 _ . : @ -, a letter first`,
    );
    return false;
  });
}

/** Descriptions by key. */
export function descriptions(value: unknown, at: string, report: Report): Map<string, string> {
  return new Map(
    declarations(value, at, report).map(([key, text]) => [key, textOf(text, `${at}.${key}`, report)]),
  );
}

export function textOf(value: unknown, at: string, report: Report): string {
  if (typeof value !== 'string' || value.trim() !== value || value === '') {
    report(at, value === undefined ? 'is missing' : 'must be a text, without space around it');
    return '';
  }
  if (value.length > LONGEST_TEXT) report(at, `has more than ${LONGEST_TEXT} characters`);
  if (UNPRINTABLE.test(value)) report(at, 'contains characters that cannot be shown');
  return value;
}

/** A reference to something declared elsewhere. */
export function nameOf(value: unknown, at: string, report: Report): string | null {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME) return value;
  report(at, value === undefined ? 'is missing' : 'must be a name');
  return null;
}

/** References, each once. An empty list says nothing, so it is a mistake. */
export function namesOf(value: unknown, at: string, report: Report): string[] {
  const names = listOf(value, at, report).flatMap(
    (item, index) => nameOf(item, `${at}[${index}]`, report) ?? [],
  );
  return onceEach(names, (name) => `"${name}"`, at, report);
}

export function listOf(value: unknown, at: string, report: Report): readonly unknown[] {
  if (!Array.isArray(value)) {
    report(at, 'must be a list');
    return [];
  }
  if (value.length === 0) report(at, 'must not be empty: leave it out');
  return value;
}

/** The items without repetitions; `label` names an item, and what makes two of them the same. */
export function onceEach<Item>(
  items: readonly Item[],
  label: (item: Item) => string,
  at: string,
  report: Report,
): Item[] {
  const seen = new Map<string, Item>();
  const repeated = new Set<string>();
  for (const item of items) {
    const name = label(item);
    if (seen.has(name)) repeated.add(name);
    else seen.set(name, item);
  }
  for (const name of repeated) report(at, `says ${name} more than once`);
  return [...seen.values()];
}

export function wholeNumber(value: unknown, at: string, least: number, most: number, report: Report): number {
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  report(at, value === undefined ? 'is missing' : `must be a whole number from ${least} to ${most}`);
  return least;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A letter first: objects keep keys like "10" in an order of their own, and a resolved policy has only one order. */
function isKey(text: string): boolean {
  return isIdentifier(text) && /^[A-Za-z]/.test(text);
}
