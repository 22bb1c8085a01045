import type { Context } from 'hono';
import { METRICS } from '../pipeline/operators/metric-names.ts';
import { type Metrics, metricsOf } from '../pipeline/operators/metrics.ts';
import { readStatus } from '../pipeline/operators/status.ts';
import type { Sample } from '../pipeline/operators/tallied.ts';
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
  return c.body(exposed(metricsOf(now, tallies, VERSION)), 200, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
  });
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
function exposed(metrics: Metrics): string {
  const told = new Map<string, readonly Sample[]>(Object.entries(metrics));
  const lines = Object.entries(METRICS).flatMap(([name, [type, help]]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...(told.get(name) ?? []).map((sample) => lineOf(name, sample)),
  ]);
  return `${lines.join('\n')}\n`;
}

function lineOf(name: string, { suffix, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${suffix ?? ''}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
