import { type Html, html } from './html.ts';

/** Permissions that come and go: told by a sign and a word, and by colour besides. */
export function gainsAndLosses(gained: readonly string[], lost: readonly string[]): Html {
  if (gained.length + lost.length === 0) return html`<p class="none">Nobody gains or loses anything.</p>`;
  return html`<ul class="moves">${lost.map((one) => move('lost', '−', 'loses', one))}${gained.map((one) => move('gained', '+', 'gains', one))}</ul>`;
}

function move(kind: string, sign: string, word: string, permission: string): Html {
  return html`<li class="${kind}"><span aria-hidden="true">${sign}</span><span class="unseen">${word}</span> <code>${permission}</code></li>`;
}
