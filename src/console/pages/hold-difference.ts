import * as v from 'valibot';
import type { Hold } from '../../pipeline/ports.ts';
import { gainsAndLosses } from '../parts/difference.ts';
import { type Html, html } from '../parts/html.ts';
import { organizationLink, subject } from '../parts/links.ts';
import { table } from '../parts/table.ts';
import { count } from '../parts/time.ts';
import type { Visit } from '../visit.ts';

const texts = v.array(v.string());
const sample = v.array(v.object({ organization: v.string(), user: v.string(), role: v.string() }));

const ofPolicy = v.object({
  roles: v.array(v.object({ role: v.string(), gained: texts, lost: texts, members: v.number() })),
  cutOff: v.number(),
  members: v.number(),
  sample,
});

const ofAbsences = v.object({
  reconciliation: v.number(),
  organizations: v.array(v.object({ organization: v.string(), members: v.number(), losing: v.number() })),
  losing: v.number(),
  members: v.number(),
  sample,
});

interface Shown {
  readonly what: string;
  readonly approve: string;
  readonly shown: Html;
}

/** What a hold would change, as it was previewed when it was raised. */
export function holdDifference(visit: Visit, hold: Hold): Shown {
  const policy = v.safeParse(ofPolicy, hold.difference);
  if (policy.success) return policyDifference(visit, policy.output);
  const absences = v.safeParse(ofAbsences, hold.difference);
  if (absences.success) return absencesDifference(visit, absences.output);
  return {
    what: hold.kind,
    approve: 'Approve',
    shown: html`<pre tabindex="0" aria-label="Difference">${JSON.stringify(hold.difference, null, 2)}</pre>`,
  };
}

function policyDifference(
  visit: Visit,
  { roles, cutOff, members, sample: some }: v.InferOutput<typeof ofPolicy>,
): Shown {
  const moving = roles.filter(({ gained, lost }) => gained.length + lost.length > 0);
  return {
    what: `a policy that takes something from ${cutOff} of ${count(members, 'member')}`,
    approve: `Approve: ${count(cutOff, 'member loses', 'members lose')} something`,
    shown: html`${table(
      'Roles that change',
      moving,
      [
        { name: 'Role', cell: ({ role }) => html`<code>${role}</code>` },
        { name: 'Holders', number: true, cell: (one) => one.members },
        { name: 'What', cell: ({ gained, lost }) => html`<div>${gainsAndLosses(gained, lost)}</div>` },
      ],
      'No role changes.',
    )}${people(visit, some)}`,
  };
}

function absencesDifference(
  visit: Visit,
  { organizations, losing, members, sample: some, reconciliation }: v.InferOutput<typeof ofAbsences>,
): Shown {
  return {
    what: `Clerk did not list ${losing} of ${count(members, 'member')}`,
    approve: `Approve: ask Clerk about each of ${losing}`,
    shown: html`<p>Found by <a href="${visit.root}/reconciliations/${reconciliation}">reconciliation ${reconciliation}</a>. A wrong secret key, or an outage at Clerk, looks the same: look at Clerk’s dashboard first.</p>
${table(
  'Organizations hit',
  organizations,
  [
    { name: 'Organization', cell: ({ organization }) => organizationLink(visit, organization) },
    { name: 'Not listed', number: true, cell: (one) => one.losing },
    { name: 'Members', number: true, cell: (one) => one.members },
  ],
  'None.',
)}${people(visit, some)}`,
  };
}

function people(visit: Visit, some: v.InferOutput<typeof sample>): Html | null {
  if (some.length === 0) return null;
  return html`<details><summary>Some of them</summary>${table(
    'Some who would lose',
    some,
    [
      {
        name: 'Who',
        cell: ({ organization, user }) => html`<div>${subject(visit, organization, user)}</div>`,
      },
      { name: 'Role', cell: ({ role }) => html`<code>${role}</code>` },
    ],
    '',
  )}</details>`;
}
