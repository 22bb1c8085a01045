import * as v from 'valibot';
import { cursorTo } from '../../http/listing/cursor.ts';
import { parameters } from '../../http/operator/effect-routes.ts';
import { EFFECT_STATUSES, type EffectEntry, type EffectsPause } from '../../pipeline/ports.ts';
import { button, choice, reasonField, writing } from '../parts/form.ts';
import { type Html, html } from '../parts/html.ts';
import { deliveryLink, reconciliationLink, subject } from '../parts/links.ts';
import { mark, outcomeMark } from '../parts/mark.ts';
import { nextPage, table } from '../parts/table.ts';
import { when } from '../parts/time.ts';
import { page } from '../route.ts';
import { type Page, query, type Visit } from '../visit.ts';
import { EFFECTS } from './delivery.ts';

export const PAGE = 50;

async function effectsPause({ services }: Visit): Promise<EffectsPause | null> {
  return (await services.status.statuses.readStatus()).operations.effectsPaused;
}

function allAgain(visit: Visit, found: readonly EffectEntry[]): Html | null {
  if (found.length < 2) return null;
  const ids = found.map(({ id }) => html`<input type="hidden" name="id" value="${id}">`);
  return writing(
    visit,
    'effects/retry',
    html`${ids}<button>Try all ${found.length} of this page again</button>`,
  );
}

function pausing(visit: Visit, paused: EffectsPause | null): Html {
  if (paused === null) {
    const form = writing(
      visit,
      'effects/pause',
      html`<div class="row">${reasonField('Clerk asks us to slow down')}<button class="danger">Pause revocations</button></div>`,
    );
    return html`<p>${mark('good', 'Sessions are ended at Clerk')} as soon as somebody loses access. Paused, tokens are still refused here; only Clerk’s sessions live on.</p>${form}`;
  }
  const form = writing(visit, 'effects/resume', html`<button class="main">Resume</button>`);
  return html`<p>${mark('warn', 'Paused')} by ${paused.by} ${when(paused.at, visit.now)}: ${paused.reason}</p>${form}`;
}

export const effects = page('/console/effects', 'effects', showEffects);

async function showEffects(visit: Visit): Promise<Page> {
  const status = EFFECT_STATUSES.find((known) => known === visit.c.req.query('status')) ?? null;
  const cursor = v.safeParse(parameters.cursor, visit.c.req.query('cursor'));
  const before = cursor.success ? (cursor.output?.[1] ?? null) : null;
  const { effects: found, next } = await visit.services.operators.listEffects(status, before, PAGE);
  const older = next === null ? null : query({ status, cursor: cursorTo(['effect', next]) });
  const statuses = [['', 'any'] as const, ...EFFECT_STATUSES.map((one) => [one, one] as const)];
  const again = (one: EffectEntry) =>
    one.status === 'dead' || one.status === 'owed'
      ? button(
          visit,
          `effects/${one.id}/retry`,
          one.status === 'dead' ? 'Try again' : 'Try now',
          `effect ${one.id}`,
        )
      : '';
  const list = table(
    'What is owed to Clerk, the latest first',
    found,
    [
      { name: 'Owed', cell: (one) => when(one.owedAt, visit.now) },
      { name: 'Status', cell: (one) => outcomeMark(one.status) },
      {
        name: 'What',
        cell: (one) =>
          html`<div>${EFFECTS[one.kind] ?? one.kind}<br><span class="soft">effect ${one.id}</span></div>`,
      },
      { name: 'About', cell: (one) => html`<div>${subject(visit, one.organizationId, one.userId)}</div>` },
      { name: 'Tries', number: true, cell: (one) => one.attempts },
      {
        name: 'Last answer',
        cell: (one) =>
          one.lastError === null ? html`<span class="none">—</span>` : html`<code>${one.lastError}</code>`,
      },
      {
        name: 'Because of',
        cell: (one) =>
          deliveryLink(visit, one.deliveryId) ??
          reconciliationLink(visit, one.reconciliationId) ??
          html`<span class="none">—</span>`,
      },
      ...(visit.operator.mayWrite ? [{ name: 'Do', cell: again }] : []),
    ],
    status === null
      ? 'Nothing has been owed to Clerk yet.'
      : html`None is ${status}. <a href="?">Show all</a>`,
  );
  return {
    title: 'Effects',
    body: html`<p>What Rolecall owes to Clerk: sessions to end, questions to ask. Tried again by itself until it is done, or dead after about eight hours.</p>
<section id="pausing" data-live aria-labelledby="pause"><h2 id="pause">Revocations</h2>${pausing(visit, await effectsPause(visit))}</section>
<section aria-label="Filter"><form method="get" class="row narrow">${choice('status', 'Status', statuses, status)}<button data-first>Filter</button></form></section>
<section id="list" data-live aria-label="Effects">${list}${status === 'dead' ? allAgain(visit, found) : ''}${nextPage(older)}</section>`,
  };
}
