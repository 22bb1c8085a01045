import { type Html, html } from './html.ts';

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => unknown;
  /** Numbers stand at the right. */
  readonly number?: true;
}

/** A list. On a narrow screen every row is a small card, each value under its column's name. */
export function table<Row>(
  caption: string,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  empty: unknown,
): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  const kind = ({ number }: Column<Row>) => (number ? 'number' : '');
  return html`<div class="wide"><table>
    <caption class="unseen">${caption}</caption>
    <thead><tr>${columns.map((column) => html`<th scope="col" class="${kind(column)}">${column.name}</th>`)}</tr></thead>
    <tbody>${rows.map(
      (row) =>
        html`<tr>${columns.map((column) => html`<td data-name="${column.name}" class="${kind(column)}">${column.cell(row)}</td>`)}</tr>`,
    )}</tbody></table></div>`;
}

/** To the page after this one. */
export function nextPage(href: string | null): Html | null {
  return href === null ? null : html`<p class="pager"><a rel="next" href="${href}">Older ones →</a></p>`;
}

/** Names and what they stand for. */
export function facts(pairs: readonly (readonly [string, unknown])[]): Html {
  return html`<dl class="facts">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value ?? html`<span class="none">—</span>`}</dd></div>`)}</dl>`;
}
