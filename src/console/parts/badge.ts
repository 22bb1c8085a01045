import type { DescribedRoles } from '../../pipeline/describe-roles.ts';
import { type Html, html } from './html.ts';

/** A role by its title. The policy's colour is a spot beside it: the name is read on any colour, and by anybody. */
export function badge({ roles }: DescribedRoles, key: string): Html {
  const role = Object.hasOwn(roles, key) ? roles[key] : undefined;
  return html`<span class="badge" title="${key}">${spot(role?.badge)}${role?.title || key}</span>`;
}

/** Names that a product has for its colours and browsers have not. */
const NAMED: Readonly<Record<string, string>> = { midnight: 'midnightblue' };

/** Anything but a plain name or a hexadecimal is left out: it might ask for something from elsewhere. */
function spot(colour: string | undefined): Html | null {
  const name = colour?.toLowerCase().replaceAll(' ', '') ?? '';
  if (!/^([a-z]{3,30}|#[0-9a-f]{3,8})$/.test(name)) return null;
  // An attribute of SVG and no style: those are refused by the page's own rules.
  return html`<svg viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="4.4" fill="${NAMED[name] ?? name}"/></svg>`;
}
