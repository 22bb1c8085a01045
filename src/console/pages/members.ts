import * as v from 'valibot';
import { isOrganizationId, isUserId } from '../../domain/ids.ts';
import { cursorTo } from '../../http/listing/cursor.ts';
import { parameters } from '../../http/operator/organizations-routes.ts';
import { textField } from '../parts/form.ts';
import { type Html, html } from '../parts/html.ts';
import { organizationLink } from '../parts/links.ts';
import { nextPage, table } from '../parts/table.ts';
import { page } from '../route.ts';
import { type Page, query, type Visit } from '../visit.ts';
import { showMember } from './member.ts';
import { showOrganization } from './organization.ts';

const PAGE = 50;

export const members = page('/console/members', 'members', showMembers);

/** Organizations to choose from; one of them; one member of it. */
async function showMembers(visit: Visit): Promise<Page> {
  const asked = (name: string) => (visit.c.req.query(name) ?? '').trim();
  const [organization, user] = [asked('organization'), asked('user')];
  if (isOrganizationId(organization) && isUserId(user))
    return showMember(visit, organization, user, asked('permission'));
  if (isOrganizationId(organization)) return showOrganization(visit, organization);
  return showOrganizations(visit);
}

async function showOrganizations(visit: Visit): Promise<Page> {
  const beginning = v.safeParse(parameters.query, visit.c.req.query('query'));
  const wanted = beginning.success ? beginning.output : '';
  const cursor = v.safeParse(parameters.cursor, visit.c.req.query('cursor'));
  const place = cursor.success && cursor.output !== undefined ? cursor.output : null;
  const { organizations, next } = await visit.services.audit.listOrganizations({
    query: wanted,
    after: place === null ? null : { byName: place[0] === 'name', id: place[1] },
    limit: PAGE,
  });
  const more =
    next === null ? null : query({ query: wanted, cursor: cursorTo([next.byName ? 'name' : 'id', next.id]) });
  const empty =
    wanted === '' ? 'No organization is known yet.' : html`None begins so. <a href="?">Show all</a>`;
  return {
    title: 'Members',
    body: html`${search(wanted)}<section id="list" data-live aria-label="Organizations">${table(
      'Organizations',
      organizations,
      [
        { name: 'Organization', cell: (one) => organizationLink(visit, one.organizationId) },
        { name: 'Name', cell: (one) => one.name ?? html`<span class="none">—</span>` },
        {
          name: 'Members',
          number: true,
          cell: (one) => `${one.members.toLocaleString('en')}${one.more ? ' or more' : ''}`,
        },
      ],
      empty,
    )}${nextPage(more)}</section>`,
  };
}

function search(wanted: string): Html {
  return html`<section aria-label="Search"><form method="get" class="row">${textField('query', 'Organization', wanted, 'beginning of an id or a name', true)}<button>Search</button></form></section>`;
}
