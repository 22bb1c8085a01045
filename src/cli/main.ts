#!/usr/bin/env node
import { runProgram } from './program.ts';

// Whoever read along, as in `| head`, may go: then the write fails, and not the process around it.
process.stdout.on('error', () => undefined);

// The only file of the command line that touches its process: commands are given what they need.
process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdin: () => process.stdin.setEncoding('utf8'),
  stdout: process.stdout,
  stderr: process.stderr,
  untilStopped: () =>
    new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    }),
});
