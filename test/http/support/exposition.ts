/** One metric as it was exposed. */
export interface Exposed {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(
  `^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)$`,
);

/**
 * Reads the text format 0.0.4 as strictly as it is written down, and stricter: every metric has its HELP and TYPE, in
 * this order, once, and its samples right after.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function readExposition(text: string): Map<string, Exposed> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const metrics = new Map<string, { type: string; help: string; samples: Exposed['samples'][number][] }>();
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line);
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line);
    const sample = SAMPLE.exec(line);
    if (help !== null) {
      current = help[1] ?? '';
      if (metrics.has(current)) throw new Error(`${current} is there twice`);
      metrics.set(current, { type: '', help: help[2] ?? '', samples: [] });
    } else if (type !== null) {
      const metric = metrics.get(current);
      if (metric === undefined || type[1] !== current || metric.type !== '') throw new Error(line);
      metric.type = type[2] ?? '';
    } else if (sample !== null) {
      const [, name = '', labels = '', value = ''] = sample;
      const metric = metrics.get(current);
      const names =
        metric?.type === 'histogram' ? ['_bucket', '_sum', '_count'].map((one) => current + one) : [current];
      if (metric === undefined || metric.type === '' || !names.includes(name)) throw new Error(line);
      const read = Object.fromEntries(
        [...labels.matchAll(/([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', given = '']) => [
          label,
          given.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
        ]),
      );
      const same = (one: Exposed['samples'][number]) =>
        one.name === name && JSON.stringify(one.labels) === JSON.stringify(read);
      if (metric.samples.some(same)) throw new Error(`a sample is there twice: ${line}`);
      metric.samples.push({
        name,
        labels: read,
        value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value),
      });
    } else {
      throw new Error(`not a line of the format: ${line}`);
    }
  }
  for (const [name, { type, samples }] of metrics) {
    if (type === 'counter' && !name.endsWith('_total')) throw new Error(`${name} is a counter`);
    if (type === 'histogram') checkHistogram(name, samples);
  }
  return metrics;
}

function checkHistogram(name: string, samples: Exposed['samples']): void {
  const buckets = samples.filter((one) => one.name.endsWith('_bucket'));
  const bounds = buckets.map(({ labels }) =>
    labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le']),
  );
  const rising = (numbers: readonly number[], strictly: boolean) =>
    numbers.every(
      (one, index) =>
        index === 0 || one > (numbers[index - 1] ?? 0) || (!strictly && one === numbers[index - 1]),
    );
  const count = samples.find((one) => one.name.endsWith('_count'))?.value;
  const complete =
    samples.some((one) => one.name.endsWith('_sum')) && bounds.at(-1) === Number.POSITIVE_INFINITY;
  if (
    !complete ||
    !rising(bounds, true) ||
    !rising(
      buckets.map(({ value }) => value),
      false,
    )
  )
    throw new Error(name);
  if (buckets.at(-1)?.value !== count) throw new Error(`${name} counts otherwise than its last bucket`);
}
