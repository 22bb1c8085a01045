import { type Html, html } from './html.ts';

/** How long ago, with the moment itself for whoever points at it. */
export function when(iso: string | null, now: number): Html {
  if (iso === null) return html`<span class="none">never</span>`;
  return html`<time datetime="${iso}" title="${clock(iso)}">${distance(now - Date.parse(iso))}</time>`;
}

/** The moment itself, in UTC. */
export function moment(iso: string): Html {
  return html`<time datetime="${iso}">${clock(iso)}</time>`;
}

function clock(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)} UTC`;
}

function distance(ms: number): string {
  if (Math.abs(ms) < 2_000) return 'just now';
  const words = span(Math.abs(ms));
  return ms < 0 ? `in ${words}` : `${words} ago`;
}

/** A length of time, as coarse as it may be. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}
