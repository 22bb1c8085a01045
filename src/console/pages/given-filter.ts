/** What a form says of these names, as the operators' interface would be told it: times without an offset are in UTC. */
export function givenFilter(
  form: URLSearchParams,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const given = names.map((name) => [name, (form.get(name) ?? '').trim()] as const);
  return Object.fromEntries(
    given.filter(([, value]) => value !== '').map(([name, value]) => [name, inUtc(value)]),
  );
}

function inUtc(text: string): string {
  const [, moment, seconds = ':00'] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?Z?$/.exec(text) ?? [];
  return moment === undefined ? text : `${moment}${seconds}Z`;
}
