import * as v from 'valibot';
import { cursorTo } from '../../http/listing/cursor.ts';
import { auditFilterFrom, auditParameters } from '../../http/operator/audit-filter.ts';
import { parameters } from '../../http/operator/audit-routes.ts';
import { AUDIT_CAUSES, type AuditCause, type AuditEntry } from '../../pipeline/ports.ts';
import { choice, textField } from '../parts/form.ts';
import { type Html, html } from '../parts/html.ts';
import { deliveryLink, subject } from '../parts/links.ts';
import { spaced } from '../parts/mark.ts';
import { nextPage, table } from '../parts/table.ts';
import { moment } from '../parts/time.ts';
import { page } from '../route.ts';
import { type Page, query, type Visit } from '../visit.ts';
import { givenFilter } from './given-filter.ts';

const PAGE = 50;
const FILTER = v.object(auditParameters);

export const audit = page('/console/audit', 'audit', showAudit);

async function showAudit(visit: Visit): Promise<Page> {
  const given = givenFilter(new URL(visit.c.req.url).searchParams, Object.keys(auditParameters));
  const read = v.safeParse(FILTER, given);
  const filtering = form(given, read.success ? null : String(read.issues[0].path?.[0].key));
  if (!read.success) return { title: 'Audit', body: filtering };
  const cursor = v.safeParse(parameters.cursor, visit.c.req.query('cursor'));
  const place = cursor.success && cursor.output !== undefined ? cursor.output : null;
  const { entries, next } = await visit.services.audit.listAudit({
    filter: auditFilterFrom(read.output),
    newestFirst: true,
    after: place === null ? null : { isAction: place[0] === 'action', at: place[1], number: place[2] },
    limit: PAGE,
  });
  const older =
    next === null
      ? null
      : query({ ...given, cursor: cursorTo([next.isAction ? 'action' : 'change', next.at, next.number]) });
  return {
    title: 'Audit',
    body: html`<p>Every change of what anybody holds, and everything that operators did. Nothing is ever rewritten. <code>npx rolecall audit export</code> writes it to a file.</p>
${filtering}<section id="list" data-live aria-label="Entries">${list(visit, entries, given)}${nextPage(older)}</section>`,
  };
}

function form(given: Readonly<Record<string, string>>, wrong: string | null): Html {
  const causes = [['', 'any'] as const, ...AUDIT_CAUSES.map((cause) => [cause, cause] as const)];
  return html`<section aria-label="Filter"><form method="get"><div class="fields">
    ${textField('organization', 'Organization', given['organization'] ?? null, 'org_…', true)}
    ${textField('user', 'User', given['user'] ?? null, 'user_…')}
    ${textField('kind', 'What', given['kind'] ?? null, 'removed')}
    ${choice('cause', 'Cause', causes, given['cause'] ?? null)}
    ${textField('from', 'From, UTC', given['from'] ?? null, '2026-11-22T03:00Z')}
    ${textField('to', 'Before, UTC', given['to'] ?? null, '2026-11-22T04:00Z')}
    <div><button>Filter</button> ${Object.keys(given).length > 0 ? html`<a href="?">Clear</a>` : ''}</div></div>
    ${wrong === null ? '' : html`<p class="refusal" role="alert">“${wrong}” cannot be read: ids are as Clerk writes them, times like 2026-11-22T03:00:00Z.</p>`}</form></section>`;
}

function list(visit: Visit, entries: readonly AuditEntry[], given: Readonly<Record<string, string>>): Html {
  return table(
    'Audit trail, the latest first',
    entries,
    [
      { name: 'When', cell: ({ recordedAt }) => moment(recordedAt) },
      {
        name: 'What',
        cell: (one) =>
          html`<div>${spaced(one.kind)}<br><span class="soft">${one.revision === null ? `action ${one.action}` : `revision ${one.revision}`}</span></div>`,
      },
      {
        name: 'About',
        cell: (one) =>
          html`<div>${subject(visit, one.organizationId, one.userId) ?? one.subject} ${one.role === null ? '' : html`<code>${one.role}</code>`}</div>`,
      },
      { name: 'Holds then', cell: (one) => held(one) },
      { name: 'Because of', cell: ({ cause }) => because(visit, cause) },
    ],
    Object.keys(given).length > 0
      ? html`Nothing matches. <a href="?">Show all</a>`
      : 'Nothing has changed yet.',
  );
}

function held({ revision, permissions }: AuditEntry): Html | null {
  if (revision === null) return null;
  if (permissions.length === 0) return html`<span class="none">nothing</span>`;
  return html`<details><summary>${permissions.length}</summary><div>${permissions.map((one) => html`<code class="id">${one}</code><br>`)}</div></details>`;
}

function because(visit: Visit, cause: AuditCause): Html {
  const { type, delivery, replay, reconciliation, policy, hold, by, reason } = cause;
  const link = (path: string, number: number | undefined, words: string) =>
    number === undefined ? '' : html` <a href="${visit.root}/${path}/${number}">${words} ${number}</a>`;
  return html`<div>${delivery === undefined ? spaced(type) : deliveryLink(visit, delivery)}${link('replays', replay, 'replay')}${link('reconciliations', reconciliation, 'reconciliation')}${policy === undefined ? '' : ` version ${policy}`}${hold === undefined ? '' : ` hold ${hold}`}${by === undefined ? '' : ` by ${by}`}${reason === undefined || reason === '' ? '' : html`<br><span class="soft">${reason}</span>`}</div>`;
}
