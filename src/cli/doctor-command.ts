import { Command, InvalidArgumentError } from 'commander';
import type { Check } from '../pipeline/doctor/check.ts';
import { context } from './context.ts';
import { endAsFailed, print } from './output.ts';

interface Options {
  readonly url?: string;
  readonly json?: true;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look at everything that a deployment can have wrong, and say how to mend it')
    .option('--url <url>', 'of the deployment, with the path below which Rolecall is mounted', httpUrl)
    .option('--json', 'answer as JSON')
    .action(async (options: Options) => {
      // Only now: whoever asks for help need not wait for all of it.
      const { examine } = await import('../runtime/doctor-tools.ts');
      const checks = await examine(context().env, options.url ?? null);
      const failed = checks.some(({ status }) => status === 'fail');
      print(options, { ok: !failed, checks }, describe(checks));
      if (failed) endAsFailed();
    });
}

function httpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('It must be an http or https URL.');
  }
  return text;
}

const SIGNS: Readonly<Record<Check['status'], string>> = {
  ok: '✓',
  warn: '!',
  fail: '✗',
  skipped: '-',
};

function describe(checks: readonly Check[]): string {
  const count = (status: Check['status']) => checks.filter((check) => check.status === status).length;
  const widest = Math.max(...checks.map(({ code }) => code.length));
  const indent = ' '.repeat(widest + 4);
  const lines = checks.flatMap(({ code, status, text, mend, details }) => [
    `${SIGNS[status]} ${code.padEnd(widest)}  ${text}`,
    ...details.map((detail) => `${indent}${detail}`),
    ...(mend === null ? [] : [`${indent}→ ${mend}`]),
  ]);
  const sum = `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} wrong, ${count('skipped')} not looked at.`;
  return [...lines, '', sum].join('\n');
}
