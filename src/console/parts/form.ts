import type { Visit } from '../visit.ts';
import { type Html, html } from './html.ts';

/** A form that changes something. Whoever may only look sees nothing in its place. */
export function writing(
  { operator, root }: Pick<Visit, 'operator' | 'root'>,
  to: string,
  inside: unknown,
  { kind = '', id = null }: { readonly kind?: string; readonly id?: string | null } = {},
): Html | null {
  if (!operator.mayWrite) return null;
  return html`<form method="post" action="${root}/${to}" class="${kind}" ${id === null ? '' : html`id="${id}"`}>${inside}<p class="refusal" role="alert"></p></form>`;
}

/** A button that does its one thing at once. */
export function button(
  visit: Pick<Visit, 'operator' | 'root'>,
  to: string,
  words: string,
  about = '',
): Html | null {
  return writing(
    visit,
    to,
    html`<button>${words}${about === '' ? '' : html`<span class="unseen"> ${about}</span>`}</button>`,
    { kind: 'one' },
  );
}

/** Why: kept with what is done, for whoever reads it later. */
export function reasonField(example: string, needed = true): Html {
  return html`<label class="field">${needed ? 'Reason' : 'Reason, if you like'} <input name="reason" ${needed ? 'required' : ''} maxlength="500" autocomplete="off" placeholder="${example}"></label>`;
}

export function choice(
  name: string,
  label: string,
  options: readonly (readonly [string, string])[],
  chosen: string | null,
): Html {
  return html`<label class="field">${label} <select name="${name}">${options.map(
    ([value, words]) =>
      html`<option value="${value}" ${value === (chosen ?? '') ? 'selected' : ''}>${words}</option>`,
  )}</select></label>`;
}

export function textField(
  name: string,
  label: string,
  value: string | null,
  example = '',
  first = false,
): Html {
  return html`<label class="field">${label} <input name="${name}" value="${value ?? ''}" placeholder="${example}" autocomplete="off" spellcheck="false" ${first ? 'data-first' : ''}></label>`;
}
