import { type Html, html } from './html.ts';

/** How something is. Told by shape and word, and by colour besides. */
export type Tone = 'good' | 'warn' | 'bad' | 'idle';

const SHAPES: Readonly<Record<Tone, Html>> = {
  good: html`<circle cx="8" cy="8" r="7"/><path d="m4.7 8.3 2.2 2.2 4.4-4.6"/>`,
  warn: html`<path d="M8 1.4 15 14H1Z"/><path d="M8 6v3.6m0 1.9v.2"/>`,
  bad: html`<path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1Z"/><path d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8"/>`,
  idle: html`<circle cx="8" cy="8" r="7"/><path d="M5 8h6"/>`,
};

export function mark(tone: Tone, words: string): Html {
  return html`<span class="mark ${tone}">${icon(tone)}${words}</span>`;
}

export function icon(tone: Tone): Html {
  return html`<svg class="icon ${tone}" viewBox="0 0 16 16" aria-hidden="true">${SHAPES[tone]}</svg>`;
}

const TONES: Readonly<Record<string, Tone>> = {
  applied: 'good',
  done: 'good',
  approved: 'good',
  green: 'good',
  repaired: 'good',
  held: 'warn',
  owed: 'warn',
  asked: 'warn',
  waiting: 'warn',
  running: 'warn',
  yellow: 'warn',
  failed: 'bad',
  dead: 'bad',
  red: 'bad',
  not_found: 'bad',
  no_payload: 'bad',
};

/** An outcome or a status by its own word. */
export function outcomeMark(outcome: string): Html {
  return mark(toneOf(outcome), spaced(outcome));
}

export function toneOf(outcome: string): Tone {
  return Object.hasOwn(TONES, outcome) ? (TONES[outcome] ?? 'idle') : 'idle';
}

/** A code as people read it. */
export function spaced(code: string): string {
  return code.replaceAll('_', ' ');
}
