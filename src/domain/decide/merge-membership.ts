import type { MembershipSnapshot } from '../evidence.ts';
import type { Holding, MembershipFact } from '../facts.ts';
import { sameHolding } from '../holding.ts';
import { compareVersions, latest } from '../version.ts';
import { type Verdict, verdict } from './context.ts';

/** Waiting for the provider's word: two truths at one version, or newer roles that were told too late to believe. */
export function isUnresolved(row: MembershipFact): boolean {
  return row.contested || row.ceiling.length > 0;
}

/** The later version wins; equal ones with different access are contested (rules 1 and 4). */
export function mergeSnapshot(
  known: MembershipFact,
  said: MembershipSnapshot,
): { readonly row: MembershipFact; readonly verdict: Verdict } {
  if (known.deletedAt !== null) return { row: known, verdict: verdict('stale', 'deleted_before') };
  if (known.absentAt !== null && said.version.at <= known.absentAt) {
    return { row: known, verdict: verdict('stale', 'presumed_absent') };
  }
  const order = known.version === null ? 1 : compareVersions(said.version, known.version);
  if (order < 0) return { row: known, verdict: verdict('stale', 'older_than_known') };
  const seenAt = latest(known.seenAt, said.version.at);
  if (order === 0) {
    const last = toldLast(known);
    return last !== null && sameHolding(last, said)
      ? { row: { ...known, seenAt }, verdict: verdict('stale', 'already_known') }
      : {
          row: { ...withCeiling(known, said), seenAt, contested: true },
          verdict: verdict('held', 'contested'),
        };
  }
  return {
    row: {
      ...known,
      role: said.role,
      scoped: said.scoped,
      ceiling: [],
      flaws: said.flaws,
      contested: false,
      version: said.version,
      effectiveAt: effectiveAt(known, said),
      seenAt,
    },
    verdict: verdict('applied', 'newer'),
  };
}

/**
 * The row after a gain that was told too late to be believed at once (rule 5). Its version counts, so that nothing
 * older is taken for newer, and what it takes away is gone; what it adds waits behind the ceiling.
 */
export function holdSnapshot(known: MembershipFact, said: MembershipSnapshot): MembershipFact {
  const presumedAbsent =
    known.role !== null && known.absentAt !== null && (known.seenAt ?? 0) <= known.absentAt;
  if (presumedAbsent) return known;
  return {
    ...withCeiling(known, said),
    flaws: said.flaws,
    version: said.version,
    effectiveAt: effectiveAt(known, said),
    seenAt: latest(known.seenAt, said.version.at),
  };
}

/** One more holding that may be the true one: tokens may carry what it grants. Told last, listed last. */
function withCeiling(known: MembershipFact, { role, scoped }: MembershipSnapshot): MembershipFact {
  const others = known.ceiling.filter((held) => !sameHolding(held, { role, scoped }));
  return { ...known, ceiling: [...others, { role, scoped }] };
}

/** When what the row says took effect. */
export function timeOf(row: MembershipFact): number {
  return row.effectiveAt ?? row.version?.at ?? 0;
}

function toldLast({ role, scoped, ceiling }: MembershipFact): Holding | null {
  return ceiling.at(-1) ?? (role === null ? null : { role, scoped });
}

/**
 * The earliest provider time that is surely not before the change. An event happened when it says; an answer may be
 * given long after, so its object's own time counts where that lies past everything known before.
 */
function effectiveAt(known: MembershipFact, said: MembershipSnapshot): number {
  if (said.told !== 'observed') return said.version.at;
  if (known.version === null || said.version.updatedAt > known.version.at) return said.version.updatedAt;
  const unchanged = known.role !== null && sameHolding({ role: known.role, scoped: known.scoped }, said);
  if (said.version.updatedAt === known.version.updatedAt && unchanged) {
    return known.effectiveAt ?? said.version.at;
  }
  return said.version.at;
}
