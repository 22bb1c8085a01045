import { difference } from '../../domain/sets.ts';
import { explain } from '../../pipeline/operators/explain.ts';
import { showPayload } from '../../pipeline/operators/show-payload.ts';
import type { EffectEntry, InboxRecord, RecordedChange } from '../../pipeline/ports.ts';
import { gainsAndLosses } from '../parts/difference.ts';
import { writing } from '../parts/form.ts';
import { type Html, html } from '../parts/html.ts';
import { organizationLink, subject } from '../parts/links.ts';
import { icon, mark, outcomeMark, spaced, type Tone, toneOf } from '../parts/mark.ts';
import { facts } from '../parts/table.ts';
import { moment, span } from '../parts/time.ts';
import { page } from '../route.ts';
import type { Page, Visit } from '../visit.ts';
import { nothingThere } from './nothing-there.ts';

export const delivery = page('/console/deliveries/:id', 'deliveries', showDelivery);

async function showDelivery(visit: Visit): Promise<Page> {
  const id = visit.c.req.param('id') ?? '';
  // As the inbox holds them: of any other text the database could not even be asked.
  const record = /^[\x21-\x7e]{1,255}$/.test(id) ? await visit.services.operators.readDelivery(id) : null;
  if (record === null) return nothingThere('delivery', `${visit.root}/deliveries`);
  const before = await visit.services.console.readHeldBefore(id);
  return {
    title: record.type ?? 'A message of unknown type',
    body: html`${head(visit, record)}
<section id="timeline" data-live aria-labelledby="what-happened"><h2 id="what-happened">What happened</h2><ol class="timeline">${steps(visit, record, before)}</ol></section>
${payload(record)}`,
  };
}

function head(visit: Visit, record: InboxRecord): Html {
  const replay = writing(
    visit,
    'replays',
    html`<input type="hidden" name="id" value="${record.id}"><button name="what" value="ids">Preview a replay</button>`,
  );
  return html`<section id="head" data-live aria-label="In short">
<p>${outcomeMark(record.dead ? 'dead' : record.outcome)}</p><p>${explain(record.reason)}</p>
${facts([
  ['Delivery', html`<span class="id">${record.id}</span>`],
  ['Organization', organizationLink(visit, record.organizationId)],
  ['User', record.userId === null ? null : html`<span class="id">${record.userId}</span>`],
  ['Came by', record.source],
  ['Received → stored', span(record.receivedToCommittedMs)],
  ['Received → refused', record.receivedToRefusedMs === null ? null : span(record.receivedToRefusedMs)],
  ['Decided on', record.attempts === 1 ? 'once' : `${record.attempts} times`],
])}${record.body === null ? '' : replay}</section>`;
}

interface Step {
  readonly at: string;
  readonly tone: Tone;
  readonly what: Html;
}

function steps(visit: Visit, record: InboxRecord, before: ReadonlyMap<number, readonly string[]>): Html[] {
  const first = {
    attempt: 1,
    cause: 'delivery',
    replay: null,
    outcome: record.outcome,
    reason: record.reason,
    at: record.committedAt,
  };
  const history = record.history.length === 0 ? [first] : record.history;
  const all: Step[] = [
    ...(record.sentAt === null
      ? []
      : [{ at: record.sentAt, tone: 'idle' as const, what: html`<h3>It happened at Clerk</h3>` }]),
    {
      at: record.receivedAt,
      tone: 'idle',
      what: html`<h3>Received</h3><p class="soft">Its signature was right.</p>`,
    },
    ...history.map((one) => ({
      at: one.at,
      tone: toneOf(one.outcome),
      what: html`<h3>${one.attempt === 1 ? 'Decided' : `Decided again, ${cause(one.cause)}`}: ${spaced(one.outcome)}</h3><p>${explain(one.reason)}${
        one.replay === null
          ? ''
          : html` <a href="${visit.root}/replays/${one.replay}">Replay ${one.replay}</a>`
      }</p>`,
    })),
    ...record.changes.map((one) => ({
      at: one.recordedAt,
      tone: 'good' as const,
      what: changed(visit, one, before.get(one.revision)),
    })),
    ...record.effects.flatMap((one) => owed(visit, one)),
    ...(record.retryAt === null || record.dead
      ? []
      : [{ at: record.retryAt, tone: 'warn' as const, what: html`<h3>To be tried again by itself</h3>` }]),
  ];
  // Sorting is stable: what carries the same moment stays in the order of the list above.
  return all
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map(
      (step) => html`<li>${icon(step.tone)}<div>${step.what}<p class="at">${moment(step.at)}</p></div></li>`,
    );
}

function cause(text: string): string {
  return text === 'retry' ? 'by itself' : 'by an operator';
}

const KINDS: Readonly<Record<string, string>> = {
  granted: 'Access given',
  reduced: 'Access reduced',
  removed: 'Access taken',
  withheld: 'Access withheld until Clerk answers',
  cut_off: 'Older tokens refused',
  suspended: 'Suspended everywhere',
  restored: 'Suspension lifted',
  password_changed: 'Password changed: older tokens refused',
  user_deleted: 'User deleted: no access anywhere',
  organization_deleted: 'Organization deleted: no access for anybody',
  features_changed: 'Features of the organization changed',
  agent_changed: 'An agent’s tools changed',
  role_changed: 'A role’s permissions changed',
  policy_changed: 'The policy changed',
  session_ended: 'A session ended',
};

function changed(visit: Visit, change: RecordedChange, held: readonly string[] | undefined): Html {
  const { permissions, cutoff } = change;
  const moves =
    held === undefined ? '' : gainsAndLosses(difference(permissions, held), difference(held, permissions));
  return html`<h3>${KINDS[change.kind] ?? spaced(change.kind)} <span class="soft">revision ${change.revision}</span></h3>
<p>${subject(visit, change.organizationId, change.userId)} ${change.role === null ? '' : html`<code>${change.role}</code>`} ${change.agentId === null ? '' : html`agent <code>${change.agentId}</code>`}</p>
${moves}${cutoff === null ? '' : html`<p>${mark('good', 'Refused from now on')}: tokens of this ${cutoff.of} issued at or before ${moment(cutoff.at)}.</p>`}`;
}

function owed(visit: Visit, effect: EffectEntry): Step[] {
  const name = html`${EFFECTS[effect.kind] ?? spaced(effect.kind)} <span class="soft">effect ${effect.id}</span>`;
  const begun: Step = {
    at: effect.owedAt,
    tone: 'idle',
    what: html`<h3>Owed: ${name}</h3><p>${subject(visit, effect.organizationId, effect.userId)}</p>`,
  };
  const tried = effect.tries
    .filter(({ result }) => result === 'retry' || result === 'paused')
    .map(
      ({ at, error, calls }): Step => ({
        at,
        tone: 'warn',
        what: html`<h3>Tried: ${name}</h3><p><code>${error ?? 'unknown'}</code> ${callsMade(calls)}</p>`,
      }),
    );
  const last = effect.tries.at(-1);
  const failed =
    effect.lastError === null || effect.status === 'done'
      ? ''
      : html`<p>Last answer: <code>${effect.lastError}</code></p>`;
  if (effect.settledAt !== null) {
    return [
      begun,
      ...tried,
      {
        at: effect.settledAt,
        tone: toneOf(effect.status),
        what: html`<h3>${spaced(effect.status)}: ${name}</h3>${last === undefined ? '' : html`<p>${callsMade(last.calls)}</p>`}${failed}`,
      },
    ];
  }
  const tries = effect.attempts === 0 ? '' : html`<p class="soft">Tried ${effect.attempts} times so far.</p>`;
  return [
    begun,
    ...tried,
    { at: effect.dueAt, tone: 'warn', what: html`<h3>To be tried: ${name}</h3>${tries}` },
  ];
}

function callsMade(calls: number): Html {
  return html`<span class="soft">${calls} ${calls === 1 ? 'call' : 'calls'} of Clerk</span>`;
}

export const EFFECTS: Readonly<Record<string, string>> = {
  revoke_sessions: 'sign out at Clerk',
  revoke_holders: 'find out who lost something, and sign them out at Clerk',
  lookup_member: 'ask Clerk about the member',
  lookup_user: 'ask Clerk about the user',
  lookup_organization: 'ask Clerk about the organization',
  lookup_roles: 'ask Clerk about its roles',
  check_constraints: 'check the policy’s constraints',
};

function payload(record: InboxRecord): Html {
  const { payload: json, text } = showPayload(record.body);
  const shown = text ?? JSON.stringify(json, null, 2);
  const inside =
    record.body === null
      ? html`<p class="empty">Its body was not kept or has been pruned. Its hash: <code class="id">${record.sha256}</code></p>`
      : html`<details><summary>As it was received, without private metadata</summary><pre tabindex="0" aria-label="Payload">${shown}</pre></details>`;
  return html`<section aria-labelledby="payload"><h2 id="payload">Payload</h2>${inside}</section>`;
}
