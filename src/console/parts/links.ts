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

/** Whoever it is about, where it can be told. */
export function subject(at: Root, organization: string | null, user: string | null): Html | null {
  const who = user === null ? null : html`<span class="id">${user}</span>`;
  if (organization === null) return who;
  return who === null
    ? organizationLink(at, organization)
    : html`${who} <span class="in">in</span> ${organizationLink(at, organization)}`;
}
