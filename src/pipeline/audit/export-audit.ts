import type { AuditEntry, AuditFilter, AuditPosition, AuditStore } from '../ports.ts';

/** Entries that are held at once. */
const PAGE = 500;

/** Every entry of the filter, the oldest first, a page in memory at a time. */
export async function* exportAudit(
  audit: Pick<AuditStore, 'listAudit'>,
  filter: AuditFilter,
): AsyncGenerator<AuditEntry, void, undefined> {
  let after: AuditPosition | null = null;
  do {
    const page: Awaited<ReturnType<AuditStore['listAudit']>> = await audit.listAudit({
      filter,
      newestFirst: false,
      after,
      limit: PAGE,
    });
    yield* page.entries;
    after = page.next;
  } while (after !== null);
}
