import * as v from 'valibot';

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt]\d\d:\d\d:\d\d(\.\d{1,24})?([Zz]|[+-]\d\d:\d\d)$/;

/** RFC 3339, to the second or finer, with its offset: a time without one would mean another one elsewhere. */
export const moment = v.pipe(
  v.string(),
  v.regex(RFC_3339),
  v.check(isOfTheCalendar),
  v.transform((text) => Date.parse(text.toUpperCase())),
);

/** `Date.parse` makes the second of March of the thirtieth of February. */
function isOfTheCalendar(text: string): boolean {
  const day = RFC_3339.exec(text)?.[1];
  if (day === undefined || Number.isNaN(Date.parse(text.toUpperCase()))) return false;
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}
