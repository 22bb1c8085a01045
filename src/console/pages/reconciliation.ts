import * as v from 'valibot';
import { cursorTo } from '../../http/listing/cursor.ts';
import { readNumber } from '../../http/operator/number.ts';
import { driftParameters } from '../../http/operator/reconciliation-routes.ts';
import type { FoundDrift, Reconciliation } from '../../pipeline/ports.ts';
import { button, reasonField, writing } from '../parts/form.ts';
import { type Html, html } from '../parts/html.ts';
import { organizationLink, subject } from '../parts/links.ts';
import { mark, outcomeMark, spaced } from '../parts/mark.ts';
import { facts, nextPage, table } from '../parts/table.ts';
import { when } from '../parts/time.ts';
import { page } from '../route.ts';
import { type Page, query, type Visit } from '../visit.ts';
import { nothingThere } from './nothing-there.ts';
import { driftWords } from './reconciliations.ts';

const PAGE = 100;

export const reconciliation = page('/console/reconciliations/:id', 'drift', showReconciliation);

async function showReconciliation(visit: Visit): Promise<Page> {
  const { reconciliations } = visit.services.reconciler;
  const id = readNumber(visit.c.req.param('id'));
  const shown = id === null ? null : await reconciliations.readReconciliation(id);
  if (id === null || shown === null) return nothingThere('comparison', `${visit.root}/reconciliations`);
  const cursor = v.safeParse(driftParameters.cursor, visit.c.req.query('cursor'));
  const found = await reconciliations.readDrift(id, cursor.success ? (cursor.output?.[1] ?? 0) : 0, PAGE);
  const last = found.length < PAGE ? undefined : found.at(-1);
  const more = last === undefined ? null : query({ cursor: cursorTo(['drift', last.position]) });
  return {
    title: `Comparison ${id}${shown.dryRun ? ', looking only' : ''}`,
    body: html`<section id="progress" data-live aria-label="In short">${progress(visit, shown)}</section>
<section id="drift" data-live aria-labelledby="differs"><h2 id="differs">What differs</h2>${list(visit, found, shown)}${nextPage(more)}</section>
<div id="repair" data-live>${shown.dryRun && shown.status === 'done' && found.length > 0 ? repair(visit, shown) : ''}</div>`,
  };
}

function progress(visit: Visit, shown: Reconciliation): Html {
  const { status, stage, compared, total, dryRun, held, problem } = shown;
  const running = status === 'running';
  return html`<p>${outcomeMark(status)} ${dryRun ? mark('idle', 'Nothing is changed by looking') : ''}</p>
${running ? html`<p><progress aria-label="Compared" value="${compared}" max="${Math.max(total ?? 0, compared, 1)}"></progress></p>` : ''}
${problem === null ? '' : html`<p>${mark(running ? 'warn' : 'bad', spaced(problem))}${running ? ': it is tried again.' : ''}</p>`}
${held === null ? '' : html`<p>${mark('warn', 'Too many were not listed')}: <a href="${visit.root}/holds">hold ${held}</a> waits for an operator, or waited.</p>`}
${facts([
  ['Of', organizationLink(visit, shown.organization) ?? 'everything'],
  ['Drift', driftWords(shown)],
  ...(running
    ? [['Now', html`${spaced(stage)}: ${compared}${total === null ? '' : ` of ${total}`}`] as const]
    : []),
  ['Asked by', html`${shown.by}, ${when(shown.askedAt, visit.now)}`],
  ['Cause', spaced(shown.cause)],
  ['Reason', shown.reason || null],
  ...(shown.cancelledBy === null ? [] : [['Cancelled by', shown.cancelledBy] as const]),
])}${running ? button(visit, `reconciliations/${shown.id}/cancel`, 'Cancel') : ''}`;
}

const KINDS: Readonly<Record<string, string>> = {
  missing: 'Clerk has it, we have not',
  extra: 'We have it, Clerk has not',
};

function list(visit: Visit, found: readonly FoundDrift[], { status }: Reconciliation): Html {
  return table(
    'Differences',
    found,
    [
      { name: 'What', cell: ({ kind }) => KINDS[kind] ?? spaced(kind) },
      {
        name: 'About',
        cell: (one) =>
          html`<div>${subject(visit, one.organization, one.user) ?? html`<span class="id">${one.subject}</span>`}</div>`,
      },
      { name: 'Ours', cell: ({ ours, theirs }) => side(ours, theirs) },
      { name: 'Clerk’s', cell: ({ ours, theirs }) => side(theirs, ours) },
      { name: 'Outcome', cell: ({ outcome }) => outcomeMark(outcome) },
    ],
    status === 'running' ? 'Nothing so far.' : 'Nothing: Clerk and Rolecall agree.',
  );
}

const said = v.record(v.string(), v.unknown());

/** One side of a difference: of what both sides say only that in which they differ. */
function side(value: unknown, other: unknown): Html {
  if (value === null) return html`<span class="none">nothing</span>`;
  const [mine, theirs] = [v.safeParse(said, value), v.safeParse(said, other)];
  if (!mine.success) return html`<code class="id">${JSON.stringify(value)}</code>`;
  const same = (name: string) =>
    theirs.success && JSON.stringify(theirs.output[name]) === JSON.stringify(mine.output[name]);
  const shown = Object.entries(mine.output).filter(([name]) => !same(name));
  return html`<div>${shown.map(
    ([name, one]) =>
      html`<div><span class="soft">${spaced(name)}</span> <span class="id">${words(one)}</span></div>`,
  )}</div>`;
}

function words(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const texts = v.safeParse(v.array(v.string()), value);
  if (!texts.success) return JSON.stringify(value);
  return texts.output.length === 0 ? 'none' : texts.output.join(', ');
}

function repair(visit: Visit, { organization }: Reconciliation): Html | null {
  const form = writing(
    visit,
    'reconciliations',
    html`<input type="hidden" name="organization" value="${organization ?? ''}"><div class="row">${reasonField('the endpoint was disabled')}<button name="how" value="real" class="main">Compare again and repair</button></div>`,
  );
  return form === null
    ? null
    : html`<section aria-labelledby="mend"><h2 id="mend">Repair</h2><p>What Clerk says is taken; whoever Clerk does not list is asked about one by one, and too many of them wait for an operator.</p>${form}</section>`;
}
