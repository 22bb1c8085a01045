import { query } from '../visit.ts';
import { type Html, html } from './html.ts';

type Root = { readonly root: string };

export function deliveryLink({ root }: Root, id: string | null): Html | null {
  return id === null
    ? null
    : html`<a class="id" href="${root}/deliveries/${encodeURIComponent(id)}">${id}</a>`;
}

export function organizationLink({ root }: Root, id: string | null): Html | null {
  return id === null
    ? null
    : html`<a class="id" href="${root}/members${query({ organization: id })}">${id}</a>`;
}

export function reconciliationLink({ root }: Root, id: number | null): Html | null {
  return id === null ? null : html`<a href="${root}/reconciliations/${id}">comparison ${id}</a>`;
}

/** Whoever it is about, where it can be told; of a member the link leads to why they may what they may. */
export function subject(at: Root, organization: string | null, user: string | null): Html | null {
  if (organization === null) return user === null ? null : html`<span class="id">${user}</span>`;
  if (user === null) return organizationLink(at, organization);
  const why = `${at.root}/members${query({ organization, user })}`;
  return html`<a class="id" href="${why}">${user}</a> <span class="in">in</span> ${organizationLink(at, organization)}`;
}
