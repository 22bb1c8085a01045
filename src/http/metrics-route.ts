import type { Context } from 'hono';
import { METRICS, type Metric, metricsOf } from '../pipeline/operators/metrics.ts';
import { readStatus } from '../pipeline/operators/status.ts';
import { readOperator } from './operator/authorize.ts';
import type { Services } from './services.ts';
import { VERSION } from './version.ts';

/**
 * `GET /metrics`, as Prometheus reads it. On Workers no process outlives a request, so every figure comes out of the
 * database and is the same whichever process is asked. The provider is not asked: a scrape must cost it nothing.
 */
export async function readMetrics(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const { status } = services;
  const [now, tallies] = await Promise.all([
    readStatus({ ...status, checkInstance: async () => 'unknown' }),
    status.statuses.readTallies(),
  ]);
  const text = metricsOf(now, tallies, VERSION).map(exposed).join('');
  return c.body(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
function exposed({ name, samples }: Metric): string {
  const [type, help] = METRICS[name];
  const lines = samples.map(({ suffix = '', labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
  });
  return `${[`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
