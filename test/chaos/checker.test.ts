import { describe, expect, test } from 'vitest';
import { FeedCopy } from '../../chaos/checker/feed-copy.ts';
import { differences } from '../../chaos/checker/judge-access.ts';
import { tooLate } from '../../chaos/checker/judge-cutoffs.ts';
import { judgeDrift } from '../../chaos/checker/judge-drift.ts';
import { certainLosses, leftAlive, needlessly } from '../../chaos/checker/judge-sessions.ts';
import { excessiveTokens } from '../../chaos/checker/judge-tokens.ts';
import { Present } from '../../chaos/checker/present.ts';
import { readToken } from '../../chaos/checker/token.ts';
import { pairOf, Truth } from '../../chaos/checker/truth.ts';
import { createClerkStandIn } from '../../src/testing/clerk/stand-in.ts';

const organization = 'org_a';
const user = 'user_a';

/** To make one takes longer than everything else here. */
const { privateKeyPem } = createClerkStandIn();

/** Somebody who leads, and has a session and a token from then. */
function world() {
  let time = 1_000_000;
  const clerk = createClerkStandIn({
    seed: 1,
    privateKeyPem,
    autoSend: false,
    now: () => {
      time += 1_000;
      return time;
    },
  });
  clerk.defineRole('org:lead', 'Lead', ['org:desk:open', 'org:desk:close']);
  clerk.defineRole('org:visitor', 'Visitor', ['org:desk:open']);
  clerk.createOrganization({ id: organization });
  clerk.createUser({ id: user });
  clerk.addMember(organization, user, 'org:lead');
  const session = clerk.createSession(user, { organizationId: organization }).id;
  const mintedAt = clerk.now();
  const token = clerk.mintToken({ sessionId: session, issuedAt: mintedAt });
  const truth = (lost?: ReadonlySet<string>, late?: ReadonlySet<string>) =>
    new Truth(clerk.history, lost, late);
  return { clerk, session, tokens: [{ token, mintedAt }], truth, now: () => time };
}

describe('what the provider has, by its history alone', () => {
  test('a member holds what the role grants, and nothing once suspended or gone', () => {
    const { clerk, truth } = world();
    expect([...truth().holds(organization, user)]).toEqual(['org:desk:open', 'org:desk:close']);
    clerk.deprovisionUser(user);
    expect(truth().roleOf(organization, user)).toBe('org:lead');
    expect(truth().holds(organization, user).size).toBe(0);
    clerk.removeMember(organization, user);
    expect(truth().roleOf(organization, user)).toBeNull();
  });

  test('the same permissions are read from a token as the provider put into it', () => {
    const { tokens, session } = world();
    expect(readToken(tokens[0]?.token ?? '')).toMatchObject({
      user,
      session,
      organization,
      carries: ['org:desk:close', 'org:desk:open'],
    });
  });

  test('a removal names who it is about, and whoever rejoined is another', () => {
    const { clerk } = world();
    const present = new Present(clerk.history, clerk.outbox);
    const first = present.latestMembership(organization, user);
    clerk.removeMember(organization, user);
    const removal = clerk.outbox.at(-1)?.id ?? '';
    expect(present.removedBy(removal)).toEqual({ organization, user, membership: first });
    clerk.addMember(organization, user, 'org:lead');
    expect(present.latestMembership(organization, user)).not.toBe(first);
  });
});

describe('a wrong world is found', () => {
  test('what is missing and what is too much', () => {
    expect(differences(['a', 'b'], ['b', 'c'])).toEqual(['missing: a', 'too much: c']);
    expect(differences(['a'], ['a'])).toEqual([]);
  });

  test('a token that carries more than its holder has, but not where nobody was told of what it carries', () => {
    const { clerk, tokens, truth } = world();
    expect(excessiveTokens(truth(), { tokens })).toEqual([]);
    const joining = clerk.outbox.find(({ type }) => type === 'organizationMembership.created')?.id ?? '';
    clerk.changeRole(organization, user, 'org:visitor');
    expect(excessiveTokens(truth(), { tokens })).toMatchObject([{ excess: ['org:desk:close'] }]);
    expect(excessiveTokens(truth(new Set([joining])), { tokens })).toEqual([]);
  });

  test('a token of a role that lost a permission', () => {
    const { clerk, tokens, truth } = world();
    clerk.changeRolePermissions('org:lead', ['org:desk:close']);
    expect(excessiveTokens(truth(), { tokens })).toMatchObject([{ excess: ['org:desk:open'] }]);
  });

  test('a session that outlived a removal, a reduction or a suspension', () => {
    for (const lose of [
      (clerk: ReturnType<typeof world>['clerk']) => clerk.removeMember(organization, user),
      (clerk: ReturnType<typeof world>['clerk']) => clerk.changeRole(organization, user, 'org:visitor'),
      (clerk: ReturnType<typeof world>['clerk']) => clerk.deprovisionUser(user),
    ]) {
      const { clerk, session, truth } = world();
      expect(certainLosses(truth())).toEqual([]);
      lose(clerk);
      const found = leftAlive(truth(), certainLosses(truth()));
      expect(found).toEqual([expect.stringContaining(session)]);
      clerk.revokeSession(session);
      expect(leftAlive(truth(), certainLosses(truth()))).toEqual([]);
    }
  });

  test('a reduction of what was told too late signs nobody out for certain', () => {
    const { clerk, truth } = world();
    const joining = clerk.outbox.find(({ type }) => type === 'organizationMembership.created')?.id ?? '';
    clerk.changeRole(organization, user, 'org:visitor');
    expect(certainLosses(truth())).toHaveLength(1);
    expect(certainLosses(truth(new Set(), new Set([joining])))).toEqual([]);
  });

  test('a session that was revoked although it began after everything', () => {
    const { clerk, session, truth } = world();
    const revocations = [{ sessionId: session, by: 'api' as const }];
    expect(needlessly(truth(), { revocations }, new Map())).toHaveLength(1);
    clerk.changeRole(organization, user, 'org:visitor');
    expect(needlessly(truth(), { revocations }, new Map())).toEqual([]);
  });

  test('a difference that reconciling found of which a message was sent', () => {
    const { clerk } = world();
    clerk.changeRole(organization, user, 'org:visitor');
    const told = clerk.outbox.at(-1)?.id ?? '';
    const found = [{ kind: 'wrong_role', organization, user, subject: null }];
    expect(judgeDrift({ history: clerk.history, lost: new Set() }, found).broken).toHaveLength(1);
    expect(judgeDrift({ history: clerk.history, lost: new Set([told]) }, found).broken).toEqual([]);
  });

  test('a cutoff that lies after anything that was said, unless it was the cutoff of a role', () => {
    const { truth, now } = world();
    const row = { of: 'member' as const, id: pairOf(organization, user), cutoff: now() + 1, answered: null };
    expect(tooLate(truth(), [row], new Map())).toHaveLength(1);
    expect(tooLate(truth(), [row], new Map([['org:lead', now() + 1]]))).toEqual([]);
    expect(tooLate(truth(), [{ ...row, answered: now() + 1 }], new Map())).toEqual([]);
    expect(tooLate(truth(), [{ ...row, cutoff: 1 }], new Map())).toEqual([]);
  });
});

test('a copy follows the feed as it is documented', () => {
  const copy = FeedCopy.from([
    { kind: 'snapshot', epoch: 'e', revision: 7 },
    {
      kind: 'member',
      organization,
      user,
      role: 'org:lead',
      cutoff: null,
      contested: false,
      waiting: [],
    },
    { kind: 'end', revision: 7, members: 1 },
  ]);
  const change = {
    kind: 'reduced',
    organization,
    user,
    permissions: [],
    contested: false,
    waiting: [],
  };
  const cutoff = (at: string) => ({ of: 'member', id: pairOf(organization, user), at });
  const [later, earlier] = ['2026-01-01T00:00:01.000Z', '2026-01-01T00:00:00.000Z'];
  copy.apply({ ...change, revision: 8, role: 'org:visitor', cutoff: cutoff(later) });
  expect(copy.lines()).toEqual([`member ${organization}/${user} org:visitor`]);
  copy.apply({ ...change, revision: 9, kind: 'removed', role: null, cutoff: cutoff(earlier) });
  expect(copy.lines()).toEqual([]);
  expect([copy.revision, ...copy.cutoffs.values()]).toEqual([9, Date.parse(later)]);

  // News of a suspension that arrives after the user's end.
  const about = { ...change, organization: null, role: null, cutoff: null };
  copy.apply({ ...about, revision: 10, kind: 'suspended' });
  expect(copy.lines()).toEqual([`suspended ${user}`]);
  copy.apply({ ...about, revision: 11, kind: 'user_deleted' });
  copy.apply({ ...about, revision: 12, kind: 'suspended' });
  expect(copy.lines()).toEqual([]);
});
