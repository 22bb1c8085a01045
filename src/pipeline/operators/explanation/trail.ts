import type { AuditCause, AuditEntry, Provenance } from '../../ports.ts';
import type { BecauseCode } from './codes.ts';

/** One reason, for people and for programs. */
export interface Because {
  readonly code: BecauseCode;
  /** One sentence, or two. */
  readonly text: string;
  readonly delivery: string | null;
  readonly revision: number | null;
  /** When it came about; ISO 8601. */
  readonly at: string | null;
}

/** What a reason rests on, as far as it was written down. */
interface Source {
  readonly delivery: string | null;
  readonly revision: number | null;
  readonly at: string | null;
  /** Begins with a space, or is empty. */
  readonly words: string;
}

/** The reason with its source told behind it. */
export function because(code: BecauseCode, text: string, source: Source | null = null): Because {
  const { delivery = null, revision = null, at = null, words = '' } = source ?? {};
  return { code, text: `${text}${words}.`, delivery, revision, at };
}

/** Milliseconds as people and programs read them. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** The latest change that fits. */
export function changeThat(
  { changes }: Pick<Provenance, 'changes'>,
  fits: (entry: AuditEntry) => boolean,
): AuditEntry | null {
  return changes.find(fits) ?? null;
}

/**
 * Where a fact of this time came from: the change that it made; else the delivery of `events` that was sent then, which
 * may have moved nothing; else the latest change that fits.
 */
export function sourceOf(
  provenance: Provenance,
  fits: (entry: AuditEntry) => boolean,
  at: number | null,
  events: 'organizationMembership' | 'organization' | 'user',
): Source | null {
  const exact =
    at === null ? null : changeThat(provenance, (entry) => fits(entry) && entry.at === isoTime(at));
  if (exact !== null) return sourceIn(exact);
  const delivery = provenance.deliveries.find(
    ({ sentAt, type }) => sentAt !== null && sentAt === at && type?.startsWith(`${events}.`) === true,
  );
  if (delivery !== undefined) {
    const words = ` (told by delivery ${delivery.id}, received ${delivery.receivedAt})`;
    return { delivery: delivery.id, revision: null, at: isoTime(at ?? 0), words };
  }
  const latest = changeThat(provenance, fits);
  if (latest !== null) return sourceIn(latest);
  return at === null ? null : { delivery: null, revision: null, at: isoTime(at), words: '' };
}

export function sourceIn({ revision, cause, at, recordedAt }: AuditEntry): Source {
  return {
    delivery: cause.delivery ?? null,
    revision,
    at,
    words: ` (${wordsFor(cause)}, recorded ${recordedAt})`,
  };
}

function wordsFor({ type, delivery, replay, reconciliation, policy, hold, by, reason }: AuditCause): string {
  const why = reason === undefined || reason === '' ? '' : `: “${reason}”`;
  switch (type) {
    case 'delivery':
      return `told by delivery ${delivery ?? 'unknown'}`;
    case 'retry':
      return `told by delivery ${delivery ?? 'unknown'}, tried again`;
    case 'replay':
      return `told by delivery ${delivery ?? 'unknown'}, replayed in replay ${replay ?? 'unknown'} by ${by ?? 'nobody'}${why}`;
    case 'lookup':
      return `learnt by asking Clerk${delivery === undefined ? '' : `, because of delivery ${delivery}`}`;
    case 'reconciliation':
      return `found by reconciliation ${reconciliation ?? 'unknown'}, ${hold === undefined ? 'asked for' : `hold ${hold} approved`} by ${by ?? 'nobody'}${why}`;
    case 'policy':
      return `policy version ${policy ?? 'unknown'}, applied by ${by ?? 'nobody'}${why}`;
    case 'approval':
      return `policy version ${policy ?? 'unknown'}, hold ${hold ?? 'unknown'} approved by ${by ?? 'nobody'}${why}`;
    default:
      return type;
  }
}
