import type { Figure } from './figure.ts';

/** What became of one bench. */
export interface Ran {
  readonly name: string;
  readonly seconds: number;
  readonly figures: readonly Figure[];
  /** Why there are no figures; null where there are. */
  readonly failure: string | null;
}

const HEAD = ['what', 'ours', 'yardstick', 'ratio', 'better', 'aim', 'reached'];

function cellsOf(figure: Figure): string[] {
  return [
    figure.what,
    figure.ours,
    figure.yardstick,
    String(figure.ratio),
    figure.better,
    figure.aim?.text ?? '',
    figure.aim === null ? '' : figure.aim.reached ? 'yes' : 'NO',
  ];
}

export function asText({ name, seconds, figures, failure }: Ran): string {
  const rows = [HEAD, ...figures.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const title = `${name} (${seconds.toFixed(0)} s)`;
  return [title, ...(failure === null ? lines : [`failed: ${failure}`]), ''].join('\n');
}

export function asMarkdown(
  machine: Readonly<Record<string, string>>,
  date: Date,
  ran: readonly Ran[],
): string {
  const all = ran.flatMap(({ figures }) => figures).filter(({ aim }) => aim !== null);
  const reached = all.filter(({ aim }) => aim?.reached === true);
  const total = ran.reduce((sum, { seconds }) => sum + seconds, 0);
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    '# What was measured',
    '',
    'Written by `npm run bench`. Each line is ours against a yardstick measured in the same run: `ratio` is ours divided by',
    'the yardstick, and `better` says which way of it is the better one. Where an aim has a unit it is about ours.',
    '',
    ...Object.entries({ Date: date.toISOString().slice(0, 10), ...machine }).map(
      ([name, value]) => `- ${name}: ${value}`,
    ),
    '- Postgres is the embedded one with its own settings, on the same cores as servers, stand-in and load; `fsync` and',
    '  `synchronous_commit` on, `full_page_writes` off.',
    `- ${total.toFixed(0)} s in all; ${reached.length} of ${all.length} aims reached.`,
    '',
    ...ran.flatMap(({ name, seconds, figures, failure }) => [
      `## ${name}`,
      '',
      `${seconds.toFixed(0)} s.${failure === null ? '' : ` Failed: ${failure}`}`,
      '',
      ...(figures.length === 0
        ? []
        : [line(HEAD), line(HEAD.map(() => '---')), ...figures.map((figure) => line(cellsOf(figure))), '']),
    ]),
  ].join('\n');
}
