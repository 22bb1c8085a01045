import type { Hold } from '../../pipeline/ports.ts';
import { choice, reasonField, writing } from '../parts/form.ts';
import { type Html, html } from '../parts/html.ts';
import { outcomeMark, spaced } from '../parts/mark.ts';
import { when } from '../parts/time.ts';
import { page } from '../route.ts';
import type { Page, Visit } from '../visit.ts';
import { holdDifference } from './hold-difference.ts';

const STATUSES = ['waiting', 'approved', 'rejected'] as const;

export const holds = page('/console/holds', 'holds', showHolds);

async function showHolds(visit: Visit): Promise<Page> {
  const status = STATUSES.find((known) => known === visit.c.req.query('status')) ?? 'waiting';
  const found = await visit.services.policies.readHolds(status);
  const options = STATUSES.map((one) => [one, one] as const);
  const none = status === 'waiting' ? 'Nothing waits for you.' : `None was ${status}.`;
  return {
    title: 'Holds',
    body: html`<p>What was inferred, not told by Clerk, and would take access from too many at once. Nothing of it happens until somebody approves.</p>
<section aria-label="Filter"><form method="get" class="row narrow">${choice('status', 'Status', options, status)}<button data-first>Filter</button></form></section>
<div id="list" data-live>${found.length === 0 ? html`<section><p class="empty">${none}</p></section>` : found.map((hold) => held(visit, hold))}</div>`,
  };
}

function held(visit: Visit, hold: Hold): Html {
  const difference = holdDifference(visit, hold);
  const { id, decidedBy, decisionReason } = hold;
  // Enter in the field is the first button: it takes nothing from anybody.
  const decide = html`<div class="row decide">${reasonField('Clerk’s dashboard shows the same', false)}<button>Reject: nobody loses anything</button><button class="danger" formaction="${visit.root}/holds/${id}/approve">${difference.approve}</button></div>`;
  return html`<section aria-labelledby="hold-${hold.id}"><h2 id="hold-${hold.id}">Hold ${hold.id}: ${difference.what}</h2>
<p>${outcomeMark(hold.status)} Raised by ${hold.by} ${when(hold.at, visit.now)}${hold.reason === '' ? '' : html`: ${hold.reason}`}${decidedBy === null ? '' : html`. ${spaced(hold.status)} by ${decidedBy}`}${decisionReason === '' ? '' : html`: ${decisionReason}`}</p>
${difference.shown}
${hold.status === 'waiting' ? writing(visit, `holds/${id}/reject`, decide) : ''}</section>`;
}
