/** What a step of the story tells the reader. A line is added as soon as it was observed. */
export type Tell = {
  readonly arrived: (what: string) => void;
  readonly changed: (what: string) => void;
  readonly refused: (what: string) => void;
  /** A promised outcome: the demo fails when one does not hold, and goes on to show the rest. */
  readonly promise: (holds: boolean, what: string) => void;
  /** A latency worth showing, in milliseconds. */
  readonly took: (what: string, milliseconds: number) => void;
};

export type StepResult = {
  readonly name: string;
  readonly milliseconds: number;
  readonly promises: number;
  readonly broken: readonly string[];
};

export type Row = readonly [label: string, text: string];

const duration = (milliseconds: number): string =>
  milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;

const labelWidth = 8;

const wrapped = (text: string, width: number): string[] => {
  const indent = /^ */.exec(text)?.[0] ?? '';
  const lines = [''];
  for (const word of text.slice(indent.length).split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = indent + word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(indent + word);
  }
  return lines;
};

const formatRows = (rows: readonly Row[], labels: number, width: number): string[] =>
  rows.flatMap(([label, text]) =>
    wrapped(text, width - labels - 7).map(
      (line, index) => `    ${(index === 0 ? label : '').padEnd(labels)} │ ${line}`,
    ),
  );

export const formatStep = (
  number: number,
  result: StepResult,
  rows: readonly Row[],
  width: number,
): string => {
  const title = `${String(number).padStart(2)}  ${result.name}`;
  const outcome = `${result.broken.length === 0 ? 'ok' : 'BROKEN'}  ${duration(result.milliseconds).padStart(8)}`;
  return [
    `${title.padEnd(width - outcome.length - 1)} ${outcome}`,
    ...formatRows(rows, labelWidth, width),
  ].join('\n');
};

export const formatTotals = (rows: readonly Row[], width: number): string =>
  ['    All in all', ...formatRows(rows, Math.max(...rows.map(([label]) => label.length)), width)].join('\n');

export const formatSummary = (results: readonly StepResult[], milliseconds: number): string => {
  const promises = results.reduce((sum, { promises }) => sum + promises, 0);
  const broken = results.flatMap(({ name, broken }) => broken.map((what) => `  ${name}: ${what}`));
  const head = `${results.length} steps, ${promises} promised outcomes, ${broken.length} broken, ${duration(milliseconds)}`;
  return [head, ...broken].join('\n');
};

export const teller = () => {
  const rows: Row[] = [];
  const broken: string[] = [];
  let promises = 0;
  const row = (label: string) => (text: string) => void rows.push([label, text]);
  const tell: Tell = {
    arrived: row('arrived'),
    changed: row('changed'),
    refused: row('refused'),
    promise: (holds, what) => {
      promises += 1;
      rows.push([holds ? '✓' : '✗', what]);
      if (!holds) broken.push(what);
    },
    took: (what, milliseconds) => void rows.push(['took', `${duration(milliseconds)}  ${what}`]),
  };
  return { tell, rows, broken, promises: () => promises };
};
