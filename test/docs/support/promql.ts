import { parser } from '@prometheus-io/lezer-promql';

export interface Selector {
  readonly metric: string;
  /** Label, operator and text, of each matcher. */
  readonly matchers: readonly (readonly [string, string, string])[];
}

/** Which series an expression of PromQL selects. Throws where it is none. */
export function selectorsOf(expression: string): Selector[] {
  const tree = parser.parse(expression);
  const found: Selector[] = [];
  tree.iterate({
    enter({ type, from, to }) {
      if (type.isError) throw new Error(`not PromQL at ${from}: ${expression}`);
      if (type.name !== 'VectorSelector') return;
      const [, metric = '', inside = ''] =
        /^([\w:]+)\s*(?:\{(.*)\})?$/s.exec(expression.slice(from, to)) ?? [];
      const matchers = [...inside.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(
        ([, label = '', operator = '', text = '']) => [label, operator, text] as const,
      );
      found.push({ metric, matchers });
    },
  });
  return found;
}
