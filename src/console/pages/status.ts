import { VERSION } from '../../http/version.ts';
import { type Activity, readActivity } from '../../pipeline/operators/activity.ts';
import type { Problem } from '../../pipeline/operators/judge-status.ts';
import { countOf, quantile } from '../../pipeline/operators/latency.ts';
import { readStatus, type Status } from '../../pipeline/operators/status.ts';
import {
  lookupsOf,
  neverReceived,
  revocationsOf,
  type StatusFacts,
} from '../../pipeline/operators/status-facts.ts';
import { chart } from '../parts/chart.ts';
import { type Html, html } from '../parts/html.ts';
import { icon, mark, spaced, type Tone } from '../parts/mark.ts';
import { facts as factList, table } from '../parts/table.ts';
import { count, span, when } from '../parts/time.ts';
import { page } from '../route.ts';
import type { Page, Visit } from '../visit.ts';

const MINUTES = 60;

/** With and without a slash at its end: people type both. */
export const status = [page('/console', 'status', showStatus), page('/console/', 'status', showStatus)];

/** The one screen: who is in who should not be, does Clerk reach us, do we agree, who lost access, what waits. */
async function showStatus(visit: Visit): Promise<Page> {
  const reader = visit.services.status;
  const [found, activity] = await Promise.all([readStatus(reader), readActivity(reader.statuses, MINUTES)]);
  return {
    title: 'Status',
    body: html`<div id="verdict" data-live>${verdict(visit, found)}</div>
<div id="tiles" data-live class="tiles">${tiles(visit, found)}</div>
<div id="charts" data-live class="tiles charts">${charts(activity)}</div>
<section id="losses" data-live aria-labelledby="lost"><h2 id="lost">Who lost access in the last 15 minutes</h2>${losses(visit, found.facts)}</section>
<section id="versions" data-live aria-labelledby="about"><h2 id="about">This installation</h2>${about(found)}</section>`,
  };
}

const VERDICTS = {
  green: ['good', 'All is well', 'Clerk and Rolecall agree, and nobody is in who should not be.'],
  yellow: ['warn', 'Something wants a look', 'Nobody is in who should not be, as far as is known.'],
  red: ['bad', 'Act now', 'Somebody may be in who should not be, or nobody can be put out.'],
} as const;

function verdict(visit: Visit, { state, problems }: Status): Html {
  const [tone, words, meaning] = VERDICTS[state];
  return html`<div class="verdict ${tone}">${icon(tone)}<div><p class="large">${words}</p><p>${meaning}</p></div></div>
${problems.length === 0 ? '' : html`<ul class="problems">${problems.map((one) => problemItem(visit, one))}</ul>`}`;
}

/** Where each problem is mended. What is not here is mended outside: its runbook says how. */
const MENDED: Readonly<Record<string, readonly [string, string]>> = {
  revocation_overdue: ['/effects?status=owed', 'Look at what is owed'],
  revocation_dead: ['/effects?status=dead', 'Try the dead ones again'],
  lookup_overdue: ['/effects?status=owed', 'Look at what is owed'],
  lookup_dead: ['/effects?status=dead', 'Try the dead ones again'],
  effects_paused: ['/effects', 'Resume'],
  holds_waiting: ['/holds', 'Approve or reject'],
  mass_loss: ['/audit', 'See who, and why'],
  delivery_dead: ['/deliveries?status=dead', 'Replay them'],
  delivery_failed: ['/deliveries?status=failed', 'Look at them'],
  never_reconciled: ['/reconciliations', 'Compare with Clerk'],
  reconciliation_failed: ['/reconciliations', 'Compare again'],
  reconciliation_overdue: ['/reconciliations', 'Compare with Clerk'],
  events_never_received: ['/reconciliations', 'See what differed, and compare again'],
  restoring: ['/reconciliations', 'See how far it is'],
};

function problemItem({ root, now }: Visit, { code, severity, message, since, runbook }: Problem): Html {
  const tone: Tone = severity === 'red' ? 'bad' : 'warn';
  const where = Object.hasOwn(MENDED, code) ? MENDED[code] : undefined;
  return html`<li class="${tone}">${icon(tone)}<div><p><strong><span class="unseen">${severity}: </span>${message}</strong></p>
<p>${where === undefined ? '' : html`<a href="${root}${where[0]}">${where[1]}</a> · `}<span class="soft">${since === null ? '' : html`since ${when(since, now)} · `}${runbook}</span></p></div></li>`;
}

interface Tile {
  readonly title: string;
  readonly figure: Html;
  readonly more: readonly unknown[];
}

function tiles(visit: Visit, found: Status): Html[] {
  const { facts } = found;
  return [
    stillIn(visit, facts),
    reach(visit, facts),
    agreement(visit, facts),
    latency(facts),
    waiting(visit, facts),
    clerk(visit, found),
  ].map(
    ({ title, figure, more }) =>
      html`<div class="card tile"><h2>${title}</h2><p class="figure">${figure}</p>${more.map((line) => html`<p>${line}</p>`)}</div>`,
  );
}

function stillIn({ root, now }: Visit, facts: StatusFacts): Tile {
  const { owed, oldest, dead } = revocationsOf(facts);
  const asked = lookupsOf(facts);
  const paused = facts.operations.effectsPaused;
  return {
    title: 'Still signed in who should not be',
    figure:
      owed + dead === 0
        ? mark('good', 'nobody')
        : mark(dead > 0 ? 'bad' : 'warn', count(owed + dead, 'user')),
    more: [
      owed === 0
        ? 'No revocation is owed.'
        : html`<a href="${root}/effects?status=owed">${count(owed, 'revocation')} owed</a>, the oldest ${when(oldest, now)}`,
      ...(dead === 0 ? [] : [html`<a href="${root}/effects?status=dead">${dead} given up</a>`]),
      ...(asked.owed + asked.dead === 0
        ? []
        : [
            html`${count(asked.owed, 'question')} to Clerk owed${asked.dead === 0 ? '' : `, ${asked.dead} given up`}`,
          ]),
      ...(paused === null ? [] : [mark('warn', `paused by ${paused.by}`)]),
    ],
  };
}

function reach({ root, now }: Visit, { deliveries }: StatusFacts): Tile {
  const { lastReceivedAt, lastHour, failed, held, dead } = deliveries;
  return {
    title: 'Does Clerk reach us?',
    figure: lastReceivedAt === null ? mark('warn', 'never so far') : when(lastReceivedAt, now),
    more: [
      html`${count(lastHour, 'delivery', 'deliveries')} in the last hour`,
      failed + dead === 0
        ? mark('good', 'none failed')
        : html`<a href="${root}/deliveries?status=failed">${mark('bad', `${Math.max(failed, dead)} failed`)}</a>${dead === 0 ? '' : `, ${dead} of them dead`}`,
      ...(held === 0
        ? []
        : [html`<a href="${root}/deliveries?status=held">${held} wait for Clerk’s word</a>`]),
    ],
  };
}

function agreement({ root, now }: Visit, facts: StatusFacts): Tile {
  const { reconciliation, reconciling } = facts;
  const running =
    reconciling === null
      ? []
      : [html`<a href="${root}/reconciliations/${reconciling}">${mark('warn', 'comparing now')}</a>`];
  if (reconciliation === null) {
    return {
      title: 'Do we agree?',
      figure: mark('warn', 'not known'),
      more: [...running, html`<a href="${root}/reconciliations">Compare with Clerk</a>`],
    };
  }
  const missed = neverReceived(facts);
  const drift = Object.entries(reconciliation.drift).filter(([, times]) => times > 0);
  return {
    title: 'Do we agree?',
    figure:
      reconciliation.status === 'failed'
        ? mark('bad', 'not known')
        : drift.length === 0
          ? mark('good', 'yes')
          : mark(
              missed > 0 ? 'warn' : 'good',
              count(
                drift.reduce((sum, [, times]) => sum + times, 0),
                'difference',
              ),
            ),
    more: [
      html`<a href="${root}/reconciliations/${reconciliation.id}">Compared</a> ${when(reconciliation.endedAt, now)}`,
      ...drift.map(([kind, times]) => `${times} ${spaced(kind)}`),
      ...running,
    ],
  };
}

function latency({ refused }: StatusFacts): Tile {
  const [p50, p99] = [quantile(refused, 0.5), quantile(refused, 0.99)];
  return {
    title: 'Received → refused, last hour',
    figure: p50 === null ? html`<span class="none">no losses</span>` : html`${span(p50)}`,
    more: p99 === null ? [] : [`p99 ${span(p99)}`, count(countOf(refused), 'change')],
  };
}

function waiting({ root, now }: Visit, { holds, oldestHoldAt, findings }: StatusFacts): Tile {
  return {
    title: 'Waits for an operator',
    figure:
      holds === 0
        ? mark('good', 'nothing')
        : html`<a href="${root}/holds">${mark('warn', count(holds, 'hold'))}</a>`,
    more: [
      ...(holds === 0 ? [] : [html`the oldest ${when(oldestHoldAt, now)}`]),
      findings === 0 ? 'No findings about the policy.' : `${count(findings, 'finding')} about the policy`,
    ],
  };
}

const CHECKS: Readonly<Record<string, readonly [Tone, string]>> = {
  matches: ['good', 'our instance'],
  wrong_instance_key: ['bad', 'another instance'],
};

function clerk({ now }: Visit, { facts, budget, tokens }: Status): Tile {
  const [tone, words] = CHECKS[facts.check] ?? ['idle', spaced(facts.check)];
  const { pausedUntil } = facts.budget;
  return {
    title: 'Clerk’s API',
    figure: mark(tone, words),
    more: [
      budget === null
        ? ''
        : html`${Math.floor(tokens)} of ${budget.burst} calls left at once, ${budget.callsPerSecond} more a second`,
      ...(pausedUntil === null
        ? []
        : [html`${mark('warn', 'rate limit reached')}, asked again ${when(pausedUntil, now)}`]),
    ],
  };
}

function charts({ points }: Activity): Html[] {
  const from = `${MINUTES} min ago`;
  const values = (key: 'received' | 'failed' | 'backlog' | 'refusedP50Ms' | 'refusedP99Ms') =>
    points.map((point) => point[key]);
  const sum = (key: 'received' | 'failed') => points.reduce((total, point) => total + point[key], 0);
  const backlog = points.at(-1)?.backlog ?? 0;
  const slowest = Math.max(0, ...points.map(({ refusedP99Ms }) => refusedP99Ms ?? 0));
  return [
    chart(
      'Deliveries',
      `${sum('received')} received, ${sum('failed')} failed`,
      [
        { name: 'received', kind: 'a', shape: 'bars', values: values('received') },
        { name: 'failed', kind: 'c', shape: 'line', values: values('failed') },
      ],
      { from },
    ),
    chart(
      'Owed to Clerk',
      backlog === 0 ? 'nothing is owed now' : `${backlog} owed now`,
      [{ name: 'backlog', kind: 'b', shape: 'line', values: values('backlog') }],
      { from },
    ),
    chart(
      'Received → refused',
      slowest === 0 ? 'nobody lost anything' : `p99 at most ${span(slowest)}`,
      [
        { name: 'p50', kind: 'a', shape: 'line', values: values('refusedP50Ms') },
        { name: 'p99', kind: 'b', shape: 'dashes', values: values('refusedP99Ms') },
      ],
      { from, unit: span },
    ),
  ].map((one) => html`<div class="card">${one}</div>`);
}

function losses({ root, now }: Visit, facts: StatusFacts): Html {
  return table(
    'Losses by cause',
    facts.losses,
    [
      { name: 'What', cell: ({ kind }) => spaced(kind) },
      { name: 'Cause', cell: ({ cause }) => spaced(cause) },
      {
        name: 'Changes',
        number: true,
        cell: (one) => html`<a href="${root}/audit?kind=${encodeURIComponent(one.kind)}">${one.count}</a>`,
      },
      { name: 'Latest', cell: ({ latestAt }) => when(latestAt, now) },
    ],
    'Nobody.',
  );
}

function about({ facts }: Status): Html {
  const { versions, mode, instance } = facts;
  return factList([
    ['Mode', mark(mode === 'enforce' ? 'good' : 'warn', mode)],
    ['Rolecall', VERSION],
    ['Schema', versions.schema],
    ['Policy', versions.policy === 0 ? 'Clerk’s own roles' : `version ${versions.policy}`],
    ['Revision', versions.revision],
    ['Epoch', html`<span class="id">${versions.epoch}</span>`],
    ['Clerk instance', instance === null ? null : html`<span class="id">${instance}</span>`],
  ]);
}
