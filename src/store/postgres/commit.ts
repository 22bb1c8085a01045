import type { Draft, DraftTable } from '../../domain/draft.ts';
import { joinEffects, LANES, type Lane, laneOf, subjectOf } from '../../domain/effects.ts';
import type { Basis, CausedEffect, Commit, StoredDelivery } from '../../pipeline/ports.ts';
import { base64OfBytes } from './client.ts';
import { type FactTable, versionKey } from './rows.ts';

/**
 * A commit as `rolecall.commit_decision` takes it; null when there is nothing to write. A fact row carries the version
 * it was read at: 0 stands for "was not there".
 * @param lookups their lane: those of replays wait until those of fresh events are done.
 */
export function commitPayload(commit: Commit, lookups: Lane = 'lookup'): object | null {
  const { draft, basis } = commit;
  const touchesCatalog =
    commit.policy !== null || draft.roleKeys.written.size > 0 || draft.permissionKeys.written.size > 0;
  // Another policy is another catalogue: activating one moves its version as well.
  const restsOnCatalog =
    draft.restsOnPolicy ||
    draft.roleKeys.surveyed ||
    draft.roleKeys.consulted.size > 0 ||
    draft.permissionKeys.consulted.size > 0;
  const writes =
    commit.policy !== null ||
    tablesOf(draft).some(([, table]) => table.written.size > 0) ||
    commit.changes.length > 0;
  if (!writes && commit.deliveries.length === 0 && commit.effects.length === 0 && commit.pin === null)
    return null;
  return {
    ...(commit.deliveries.length > 0
      ? { deliveries: commit.deliveries.map(deliveryRow), taken: countTaken(commit.deliveries) }
      : {}),
    ...(commit.pin !== null ? { pin: commit.pin } : {}),
    ...(basis.presumed ? { unsuspended: [...draft.users.consulted] } : {}),
    ...(writes ? { rows: factRows(draft, basis) } : {}),
    ...(commit.effects.length > 0
      ? { effects: effectRows(commit.effects, lookups), observe: commit.observe }
      : {}),
    ...(commit.policy === null ? {} : { policy: commit.policy }),
    ...(writes && (restsOnCatalog || commit.policy !== null) ? { catalogVersion: basis.catalogVersion } : {}),
    ...(touchesCatalog ? { catalogMoves: 1 } : {}),
    changes: commit.changes.map(({ change, delivery, cause }) => ({ ...change, delivery, cause })),
  };
}

function tablesOf(draft: Draft): [FactTable, DraftTable<object>][] {
  return [
    ['users', draft.users],
    ['organizations', draft.organizations],
    ['roles', draft.roles],
    ['roleKeys', draft.roleKeys],
    ['permissions', draft.permissions],
    ['permissionKeys', draft.permissionKeys],
    ['members', draft.members],
    ['memberships', draft.memberships],
    ['invitations', draft.invitations],
    ['sessions', draft.sessions],
  ];
}

/**
 * Memberships, their pairs and, where features matter, their organizations are checked wherever the decision looked at
 * them; everything else where it writes them. What it read of roles is covered by the catalogue's version.
 */
const CHECKED_WHEN_READ: ReadonlySet<FactTable> = new Set(['organizations', 'members', 'memberships']);

function factRows(draft: Draft, basis: Basis): object {
  return Object.fromEntries(
    tablesOf(draft).flatMap(([name, table]) => {
      const expect = (key: string) => basis.rowVersions.get(versionKey(name, key)) ?? 0;
      const checked = [...(CHECKED_WHEN_READ.has(name) ? table.consulted : table.written.keys())];
      if (checked.length === 0) return [];
      // A row that was not there has nothing to lock: writing it finds out whether it has appeared.
      const checks = checked
        .filter((key) => expect(key) !== 0 || !table.written.has(key))
        .map((key) => ({ ...identityOf(name, key), expect: expect(key) }));
      // What is told once more is looked at and not written: a row that is the same has its next version in every index.
      const writes = [...table.written]
        .filter(([key]) => table.isNews(key))
        .map(([key, row]) => ({ ...row, expect: expect(key) }));
      return [[name, { checks, writes }]];
    }),
  );
}

function identityOf(table: FactTable, key: string): object {
  if (table === 'roleKeys' || table === 'permissionKeys') return { key };
  if (table !== 'members') return { id: key };
  const [organizationId, userId] = key.split('/');
  return { organizationId, userId };
}

/** What the tallies count of them: not the database, which would go through every body again. */
function countTaken(deliveries: readonly StoredDelivery[]): object[] {
  const counts = new Map<string, { readonly type: string | null; readonly outcome: string; count: number }>();
  for (const { delivery, outcome } of deliveries) {
    const key = `${outcome} ${delivery.type}`;
    const counted = counts.get(key) ?? { type: delivery.type, outcome, count: 0 };
    counted.count += 1;
    counts.set(key, counted);
  }
  return [...counts.values()];
}

function deliveryRow({ delivery, outcome, reason, keepBody, waitedMs }: StoredDelivery): object {
  return {
    id: delivery.id,
    source: delivery.source,
    type: delivery.type,
    at: delivery.at,
    instanceId: delivery.instanceId,
    organizationId: delivery.organizationId,
    userId: delivery.userId,
    sha256: delivery.sha256,
    ...(keepBody ? bodyOf(delivery.body) : {}),
    outcome,
    reason,
    waitedMs,
  };
}

/** Verified bodies are UTF-8. Of all its characters only NUL has no place in a JSON text of Postgres. */
function bodyOf(body: Uint8Array): { readonly text: string } | { readonly base64: string } {
  return body.includes(0) ? { base64: base64OfBytes(body) } : { text: utf8.decode(body) };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One row a subject: a statement may not touch the same row twice. */
function effectRows(effects: readonly CausedEffect[], lookups: Lane): object[] {
  const bySubject = new Map<string, CausedEffect>();
  for (const one of effects) {
    const subject = subjectOf(one.effect);
    const first = bySubject.get(subject);
    bySubject.set(
      subject,
      first === undefined ? one : { ...one, effect: joinEffects(first.effect, one.effect) },
    );
  }
  return [...bySubject.values()].map(({ effect, delivery }) => ({
    ...effect,
    lane: LANES.indexOf(laneOf(effect) === 'lookup' ? lookups : laneOf(effect)),
    delivery,
  }));
}
