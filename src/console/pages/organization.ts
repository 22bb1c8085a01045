import * as v from 'valibot';
import { type Grant, grantOf } from '../../domain/grant.ts';
import type { OrganizationId } from '../../domain/ids.ts';
import { cursorTo } from '../../http/listing/cursor.ts';
import { cursorAt, parameters, placeIn } from '../../http/operator/access-review-routes.ts';
import { type ReviewedMember, reviewAccess } from '../../pipeline/audit/review-access.ts';
import { type DescribedRoles, describeRoles } from '../../pipeline/describe-roles.ts';
import type { Finding, ListedInvitation } from '../../pipeline/ports.ts';
import { badge } from '../parts/badge.ts';
import { writing } from '../parts/form.ts';
import { type Html, html } from '../parts/html.ts';
import { mark, spaced } from '../parts/mark.ts';
import { facts, nextPage, table } from '../parts/table.ts';
import { when } from '../parts/time.ts';
import { type Page, query, type Visit } from '../visit.ts';

const PAGE = 50;

/** Who has what in one organization, and since when. */
export async function showOrganization(visit: Visit, organizationId: OrganizationId): Promise<Page> {
  const { services, root } = visit;
  const cursor = v.safeParse(parameters.cursor, visit.c.req.query('cursor'));
  const after = placeIn(cursor.success ? cursor.output : undefined);
  const [review, roles, findings] = await Promise.all([
    reviewAccess(services, { organizationId, after, limit: PAGE }),
    describeRoles(services.listing),
    services.listing.listFindings({ organizationId, everywhere: true, limit: PAGE }),
  ]);
  const { members, invitations, next } = review;
  const more =
    next === null ? null : query({ organization: organizationId, cursor: cursorTo(cursorAt(next)) });
  return {
    title: review.name ?? organizationId,
    body: html`<section aria-label="In short">${facts([
      ['Organization', html`<span class="id">${organizationId}</span>`],
      [
        'What happened',
        html`<a href="${root}/audit${query({ organization: organizationId })}">audit trail</a>`,
      ],
      [
        'What arrived',
        html`<a href="${root}/deliveries${query({ organization: organizationId })}">deliveries</a>`,
      ],
    ])}${compare(visit, organizationId)}</section>
<section id="members" data-live aria-labelledby="who"><h2 id="who">Members, guests first, the longest first</h2>${list(visit, organizationId, members, roles)}${nextPage(more)}</section>
${members.length === 0 ? '' : html`<section id="matrix" data-live aria-labelledby="may"><h2 id="may">Who may do what</h2>${matrix(members, roles)}</section>`}
<section id="findings" data-live aria-labelledby="found"><h2 id="found">Findings</h2>${found(findings)}</section>
<section id="invitations" data-live aria-labelledby="invited"><h2 id="invited">Invitations that can still be accepted</h2>${invited(visit, invitations, roles)}</section>`,
  };
}

function compare(visit: Visit, organization: OrganizationId): Html | null {
  return writing(
    visit,
    'reconciliations',
    html`<input type="hidden" name="organization" value="${organization}"><button name="how" value="dry">Compare with Clerk</button>`,
  );
}

function list(
  visit: Visit,
  organization: OrganizationId,
  members: readonly ReviewedMember[],
  roles: DescribedRoles,
): Html {
  return table(
    'Members',
    members,
    [
      {
        name: 'User',
        cell: ({ userId }) =>
          html`<a class="id" href="${query({ organization, user: userId })}">${userId}</a>`,
      },
      {
        name: 'Role',
        cell: (one) =>
          html`<div>${badge(roles, one.role)} ${one.guest ? mark('idle', 'guest') : ''} ${one.suspended ? mark('warn', 'suspended') : ''}${scoped(one, roles)}</div>`,
      },
      {
        name: 'Since',
        cell: ({ since }) => when(since === null ? null : new Date(since).toISOString(), visit.now),
      },
      { name: 'Permissions', number: true, cell: ({ permissions }) => permissions.length },
    ],
    'Nobody is a member.',
  );
}

function scoped({ roles: held }: ReviewedMember, roles: DescribedRoles): Html[] {
  return held.flatMap(({ role, scope }) =>
    scope === null
      ? []
      : [
          html`<div>${badge(roles, role)} <span class="in">in ${scope.type}</span> <span class="id">${scope.id}</span></div>`,
        ],
  );
}

/** Members and permissions, those of this page. What is held under a condition, or in some places only, says so. */
function matrix(members: readonly ReviewedMember[], roles: DescribedRoles): Html {
  const rows = members.map((member) => ({ member, grants: member.permissions.map(grantOf) }));
  const permissions = [
    ...new Set(rows.flatMap(({ grants }) => grants.map(({ permission }) => permission))),
  ].sort();
  if (permissions.length === 0) return html`<p class="empty">Nobody holds anything.</p>`;
  const head = permissions.map(
    (permission) =>
      html`<th scope="col"><span title="${roles.permissions[permission] ?? ''}">${permission}</span></th>`,
  );
  const body = rows.map(({ member, grants }) => {
    const cells = permissions.map((permission) =>
      how(grants.filter((grant) => grant.permission === permission)),
    );
    return html`<tr><th scope="row"><span class="id">${member.userId}</span> ${badge(roles, member.role)}</th>${cells}</tr>`;
  });
  return html`<div class="matrix" tabindex="0" role="region" aria-label="Members and their permissions"><table><thead><tr><th scope="col">User</th>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function how(grants: readonly Grant[]): Html {
  if (grants.length === 0) return html`<td><span class="unseen">no</span></td>`;
  if (grants.some(({ only, scope }) => only === null && scope === null)) {
    return html`<td><span class="yes" aria-hidden="true">●</span><span class="unseen">yes</span></td>`;
  }
  const words = grants.map(({ only, scope }) =>
    [only ?? '', scope === null ? '' : `in ${scope.type}`].join(' ').trim(),
  );
  return html`<td>${[...new Set(words)].join(', ')}</td>`;
}

function found(findings: readonly Finding[]): Html {
  return table(
    'Findings',
    findings,
    [
      { name: 'What', cell: ({ kind }) => spaced(kind) },
      {
        name: 'User',
        cell: ({ userId }) => (userId === null ? null : html`<span class="id">${userId}</span>`),
      },
      { name: 'Role', cell: ({ role }) => (role === null ? null : html`<code>${role}</code>`) },
      { name: 'Detail', cell: ({ detail }) => html`<code class="id">${JSON.stringify(detail)}</code>` },
    ],
    'Everything is as the policy says.',
  );
}

function invited(visit: Visit, invitations: readonly ListedInvitation[], roles: DescribedRoles): Html {
  return table(
    'Invitations',
    invitations,
    [
      { name: 'Whom', cell: ({ email, id }) => email ?? id },
      { name: 'Role', cell: ({ role }) => badge(roles, role) },
      {
        name: 'By',
        cell: (one) =>
          html`<div>${one.inviterId === null ? '—' : html`<span class="id">${one.inviterId}</span>`} ${one.inviterId !== null && !one.inviterIsMember ? mark('warn', 'has left') : ''} ${one.mayNotInvite ? mark('warn', 'may not invite') : ''}</div>`,
      },
      {
        name: 'Ends',
        cell: ({ expiresAt }) =>
          expiresAt === null ? '—' : when(new Date(expiresAt).toISOString(), visit.now),
      },
    ],
    'None is pending.',
  );
}
