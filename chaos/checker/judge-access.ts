import type { Sql } from 'postgres';
import * as v from 'valibot';
import type { Finding } from './run.ts';
import { pairOf, type Truth } from './truth.ts';

const Member = v.object({
  member: v.boolean(),
  role: v.nullable(v.string()),
  permissions: v.array(v.object({ permission: v.string() })),
});

/** Fetches a path of the interface, from one process or another. */
export type Get = (path: string) => Promise<unknown>;

/** Who is a member, as what, and may do what: in the views, by asking SQL one by one, and over HTTP. */
export async function judgeAccess(truth: Truth, reader: Sql, get: Get): Promise<Finding[]> {
  const pairs = truth.pairs();
  const [members, held, answers] = await Promise.all([
    reader<{ pair: string; role: string }[]>`
      select organization_id || '/' || user_id as pair, role from rolecall.members`,
    reader<{ pair: string; permission: string }[]>`
      select organization_id || '/' || user_id as pair, permission from rolecall.current_permissions`,
    reader<{ pair: string; permission: string }[]>`
      select p.organization || '/' || p.user as pair, k.permission
        from unnest(${pairs.map((one) => one.organization)}::text[], ${pairs.map((one) => one.user)}::text[]) as p(organization, "user"),
             unnest(${[...truth.permissions]}::text[]) as k(permission)
       where rolecall.has_permission(p.user, p.organization, k.permission)`,
  ]);
  const expectedMembers = pairs.flatMap(({ organization, user }) => {
    const role = truth.roleOf(organization, user);
    return role === null ? [] : [`${pairOf(organization, user)} ${role}`];
  });
  const expectedHeld = pairs.flatMap(({ organization, user }) =>
    [...truth.holds(organization, user)].map((permission) => `${pairOf(organization, user)} ${permission}`),
  );
  const over = await overHttp(truth, get);
  return [
    {
      promise: 'members are who the provider says, with their roles',
      checked: pairs.length,
      broken: differences(
        expectedMembers,
        members.map(({ pair, role }) => `${pair} ${role}`),
      ),
    },
    {
      promise: 'they may do what the provider says (the view)',
      checked: expectedHeld.length,
      broken: differences(
        expectedHeld,
        held.map(({ pair, permission }) => `${pair} ${permission}`),
      ),
    },
    {
      promise: 'they may do what the provider says (has_permission)',
      checked: pairs.length * truth.permissions.size,
      broken: differences(
        expectedHeld,
        answers.map(({ pair, permission }) => `${pair} ${permission}`),
      ),
    },
    { promise: 'they may do what the provider says (HTTP)', checked: pairs.length, broken: over },
  ];
}

async function overHttp(truth: Truth, get: Get): Promise<string[]> {
  const broken: string[] = [];
  const left = [...truth.pairs()];
  const worker = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      const { organization, user } = one;
      const said = v.parse(Member, await get(`/v1/organizations/${organization}/members/${user}`));
      const role = truth.roleOf(organization, user);
      const expected = [...truth.holds(organization, user)];
      const pair = pairOf(organization, user);
      if (said.member !== (role !== null) || said.role !== role)
        broken.push(`${pair} is told to be ${said.role}, not ${role}`);
      broken.push(
        ...differences(
          expected,
          said.permissions.map(({ permission }) => permission),
        ).map((what) => `${pair} ${what}`),
      );
    }
  };
  await Promise.all(Array.from({ length: 6 }, worker));
  return broken;
}

/** What is missing and what is too much. */
export function differences(expected: readonly string[], found: readonly string[]): string[] {
  const [wanted, had] = [new Set(expected), new Set(found)];
  return [
    ...[...wanted].filter((one) => !had.has(one)).map((one) => `missing: ${one}`),
    ...[...had].filter((one) => !wanted.has(one)).map((one) => `too much: ${one}`),
  ];
}
