import * as v from 'valibot';
import { cursorTo } from '../../http/listing/cursor.ts';
import { readNumber } from '../../http/operator/number.ts';
import { resultParameters } from '../../http/operator/replay-routes.ts';
import { explain } from '../../pipeline/operators/explain.ts';
import type { Difference, Replay, ReplayedDelivery } from '../../pipeline/ports.ts';
import { gainsAndLosses } from '../parts/difference.ts';
import { button, reasonField, writing } from '../parts/form.ts';
import { type Html, html } from '../parts/html.ts';
import { deliveryLink, subject } from '../parts/links.ts';
import { mark, outcomeMark, spaced } from '../parts/mark.ts';
import { facts, nextPage, table } from '../parts/table.ts';
import { count, when } from '../parts/time.ts';
import { page } from '../route.ts';
import { type Page, query, type Visit } from '../visit.ts';
import { nothingThere } from './nothing-there.ts';

const PAGE = 100;

export const replay = page('/console/replays/:id', 'replays', showReplay);

async function showReplay(visit: Visit): Promise<Page> {
  const { replays } = visit.services.repeater;
  const id = readNumber(visit.c.req.param('id'));
  const shown = id === null ? null : await replays.readReplay(id);
  if (id === null || shown === null) return nothingThere('replay', `${visit.root}/replays`);
  const cursor = v.safeParse(resultParameters.cursor, visit.c.req.query('cursor'));
  const after = cursor.success ? (cursor.output?.[1] ?? 0) : 0;
  const results = await replays.readReplayed(id, after, PAGE);
  const last = results.length < PAGE ? undefined : results.at(-1);
  const more = last === undefined ? null : query({ cursor: cursorTo(['replayed', last.position]) });
  return {
    title: shown.dryRun ? `Preview ${id}` : `Replay ${id}`,
    body: html`<section id="progress" data-live aria-label="In short">${progress(visit, shown)}</section>
<section id="moves" data-live aria-labelledby="who"><h2 id="who">${shown.dryRun ? 'Who would gain or lose' : 'Who gained or lost'}</h2>${whoMoves(visit, results, shown)}</section>
<div id="confirm" data-live>${shown.dryRun && shown.status === 'done' ? confirm(visit, shown) : ''}</div>
<section id="results" data-live aria-labelledby="each"><h2 id="each">Delivery by delivery</h2>${each(visit, results)}${nextPage(more)}</section>`,
  };
}

function progress(visit: Visit, shown: Replay): Html {
  const { status, total, done, outcomes, dryRun } = shown;
  const counted = Object.entries(outcomes).map(
    ([outcome, times]) => html`<li>${times} ${outcomeMark(outcome)}</li>`,
  );
  const nothing = dryRun ? mark('idle', 'Nothing is changed by a preview') : '';
  return html`<p>${outcomeMark(status)} ${nothing}</p>
${status === 'running' ? html`<p><progress aria-label="Decided on" value="${done}" max="${total ?? done + 1}"></progress></p>` : ''}
${facts([
  [
    'Decided on',
    total === null
      ? count(done, 'delivery', 'deliveries')
      : `${done} of ${count(total, 'delivery', 'deliveries')}`,
  ],
  ['Outcomes', counted.length === 0 ? null : html`<ul class="plain">${counted}</ul>`],
  ['Asked by', html`${shown.by}, ${when(shown.askedAt, visit.now)}`],
  ['Reason', shown.reason || null],
  ...(shown.cancelledBy === null ? [] : [['Cancelled by', shown.cancelledBy] as const]),
])}${status === 'running' ? button(visit, `replays/${shown.id}/cancel`, 'Cancel') : ''}`;
}

/** Everybody who moves by what is on this page, once each. */
function whoMoves(visit: Visit, results: readonly ReplayedDelivery[], { status, dryRun }: Replay): Html {
  const moving = results.flatMap(({ delivery, differences }) =>
    differences.map((one) => ({ ...one, delivery })),
  );
  const held = results.filter(({ outcome }) => outcome === 'held').length;
  const asks =
    held === 0
      ? ''
      : html`<p>${mark('warn', count(held, 'delivery waits', 'deliveries wait'))} for Clerk’s word: what would give access is never given by a replay alone.</p>`;
  const none =
    status === 'running'
      ? 'Still deciding …'
      : dryRun
        ? 'Nobody would gain or lose anything by deciding on these again.'
        : 'Nobody gained or lost anything by it.';
  return html`${asks}${table(
    'Who moves',
    moving,
    [
      { name: 'Who', cell: (one) => html`<div>${who(visit, one)}</div>` },
      { name: 'What', cell: (one) => html`<div>${gainsAndLosses(one.gained, one.lost)}</div>` },
      { name: 'By', cell: (one) => deliveryLink(visit, one.delivery) },
    ],
    none,
  )}`;
}

function who(visit: Visit, { organization, user, agent, role }: Difference): Html {
  const everybody =
    user !== null
      ? ''
      : role !== null
        ? html`everybody who is <code>${role}</code> `
        : agent !== null
          ? html`agent <code>${agent}</code> `
          : 'everybody ';
  return html`${everybody}${subject(visit, organization, user)}`;
}

function confirm(visit: Visit, shown: Replay): Html | null {
  const form = writing(
    visit,
    `replays/${shown.id}/run`,
    html`<div class="row">${reasonField('the migration is mended')}<button class="main">Replay ${shown.total === null ? 'them' : count(shown.total, 'delivery', 'deliveries')}</button></div>`,
    { kind: 'stack' },
  );
  return form === null
    ? null
    : html`<section aria-labelledby="go"><h2 id="go">Replay for real</h2><p>Losses count at once. Gains are asked of Clerk first. Your name and the reason are kept.</p>${form}</section>`;
}

function each(visit: Visit, results: readonly ReplayedDelivery[]): Html {
  return table(
    'Deliveries of the replay',
    results,
    [
      { name: 'Delivery', cell: (one) => deliveryLink(visit, one.delivery) },
      { name: 'Outcome', cell: (one) => outcomeMark(one.outcome) },
      { name: 'Why', cell: (one) => (one.outcome === one.reason ? spaced(one.reason) : explain(one.reason)) },
      { name: 'Owed', number: true, cell: (one) => one.owed },
    ],
    'None has been decided on yet.',
  );
}
