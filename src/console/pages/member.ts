import * as v from 'valibot';
import type { OrganizationId, UserId } from '../../domain/ids.ts';
import { permissionName } from '../../http/operator/explanation-routes.ts';
import { describeRoles } from '../../pipeline/describe-roles.ts';
import { explainAccess } from '../../pipeline/operators/explain-access.ts';
import { badge } from '../parts/badge.ts';
import { choice } from '../parts/form.ts';
import { html } from '../parts/html.ts';
import { deliveryLink, organizationLink } from '../parts/links.ts';
import { icon, mark } from '../parts/mark.ts';
import { facts } from '../parts/table.ts';
import { moment } from '../parts/time.ts';
import { type Page, query, type Visit } from '../visit.ts';

/** Why somebody may or may not, down to the delivery that caused it. */
export async function showMember(
  visit: Visit,
  organizationId: OrganizationId,
  userId: UserId,
  asked: string,
): Promise<Page> {
  const permission = v.is(permissionName, asked) ? asked : null;
  const [explanation, roles] = await Promise.all([
    explainAccess(visit.services, { organizationId, userId, permission }),
    describeRoles(visit.services.listing),
  ]);
  const { answer, because, role, permissions, cutoff } = explanation;
  const options = [
    ['', 'everything they hold'] as const,
    ...Object.keys(roles.permissions).map((one) => [one, one] as const),
  ];
  return {
    title: userId,
    body: html`<section aria-label="In short">${facts([
      ['Organization', organizationLink(visit, organizationId)],
      ['Role', role === null ? mark('idle', 'no member') : badge(roles, role)],
      ['Tokens refused up to', cutoff === null ? null : moment(cutoff)],
      [
        'What happened',
        html`<a href="${visit.root}/audit${query({ organization: organizationId, user: userId })}">audit trail</a>`,
      ],
      [
        'What arrived',
        html`<a href="${visit.root}/deliveries${query({ organization: organizationId, user: userId })}">deliveries</a>`,
      ],
    ])}</section>
<section aria-labelledby="why"><h2 id="why">Why?</h2>
<form method="get" class="row narrow"><input type="hidden" name="organization" value="${organizationId}"><input type="hidden" name="user" value="${userId}">${choice('permission', 'Permission', options, permission)}<button data-first>Explain</button></form>
${answer === null ? '' : html`<p class="answer">${answer ? mark('good', 'May') : mark('bad', 'May not')} <code>${permission}</code></p>`}
<ol class="timeline">${because.map((one) => html`<li>${icon('idle')}<div><p>${one.text}</p>${one.delivery === null ? '' : html`<p class="at">${deliveryLink(visit, one.delivery)}</p>`}</div></li>`)}</ol></section>
<section aria-labelledby="held"><h2 id="held">Permissions</h2>${
      permissions.length === 0
        ? html`<p class="empty">Nothing.</p>`
        : html`<ul class="moves">${permissions.map((one) => html`<li class="held"><code>${one}</code></li>`)}</ul>`
    }</section>`,
  };
}
