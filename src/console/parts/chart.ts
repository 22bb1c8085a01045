import { type Html, html } from './html.ts';

export interface Series {
  readonly name: string;
  /** Its colour in the style sheet; its shape tells it apart as well. */
  readonly kind: 'a' | 'b' | 'c';
  readonly shape: 'bars' | 'line' | 'dashes';
  /** A value for each step, the latest last; null where there is none. */
  readonly values: readonly (number | null)[];
}

const WIDTH = 600;
const HEIGHT = 100;

/** What happened over time, drawn by the server. The words beside it say the same to whoever does not see it. */
export function chart(
  title: string,
  summary: string,
  series: readonly Series[],
  { from, unit = String }: { readonly from: string; readonly unit?: (value: number) => string },
): Html {
  const top = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  return html`<figure class="chart">
<figcaption><strong>${title}</strong><span class="legend">${series.map((one) => html`<span>${sample(one)}${one.name}</span>`)}</span></figcaption>
<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}: ${summary}">
${[0, 0.5, 1].map((share) => html`<path class="grid" d="M0 ${HEIGHT * share}H${WIDTH}"/>`)}
${series.map((one) => drawn(one, top))}</svg>
<p class="axis"><span>${from}</span><span>most: ${unit(top)}</span><span>now</span></p>
<p class="summary">${summary}</p></figure>`;
}

function drawn({ kind, shape, values }: Series, top: number): Html {
  const step = WIDTH / Math.max(1, values.length);
  const y = (value: number) => round(HEIGHT - (value / top) * HEIGHT);
  if (shape === 'bars') {
    const bars = values.flatMap((value, index) =>
      value === null || value === 0
        ? []
        : [`M${round((index + 0.1) * step)} ${HEIGHT}V${y(value)}h${round(step * 0.8)}V${HEIGHT}Z`],
    );
    return html`<path class="${kind}" d="${bars.join('')}"/>`;
  }
  let [line, lone] = ['', ''];
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const at = `${round((index + 0.5) * step)} ${y(value)}`;
    const begins = (values[index - 1] ?? null) === null;
    line += `${begins ? 'M' : 'L'}${at}`;
    // Between two gaps there is no line to see.
    if (begins && (values[index + 1] ?? null) === null) lone += `M${at}h0`;
  }
  return html`<path class="curve ${kind} ${shape === 'dashes' ? 'dashed' : ''}" d="${line}"/><path class="lone ${kind}" d="${lone}"/>`;
}

function sample({ kind, shape }: Series): Html {
  const inside =
    shape === 'bars'
      ? html`<path class="${kind}" d="M2 0H14V10H2Z"/>`
      : html`<path class="curve ${kind} ${shape === 'dashes' ? 'dashed' : ''}" d="M0 5H16"/>`;
  return html`<svg viewBox="0 0 16 10" aria-hidden="true">${inside}</svg>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
