import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const root = fileURLToPath(new URL('../../../', import.meta.url));

test('the command of the README starts the app, prints what opens and what to do, and ends at Ctrl-C', {
  timeout: 60_000,
}, async () => {
  const [, main = ''] = /^npx node (\S+)$/m.exec(readme) ?? [];
  // A free port, and what is in src/ rather than what was built of it.
  const app = spawn(process.execPath, ['--conditions=rolecall-source', main, '0'], { cwd: root });
  try {
    let printed = '';
    for await (const text of app.stdout.setEncoding('utf8')) {
      printed += String(text);
      if (printed.includes('removeMember')) break;
    }
    const pages = printed.match(/http:\/\/localhost:\d+\/org_guild\?as=\w+/g) ?? [];
    expect(pages).toHaveLength(3);
    for (const page of pages) expect(await (await fetch(page)).text()).toContain('<h1>Tickets</h1>');
    const commands = [...printed.matchAll(/curl (\S+) -d '(.*)'/g)];
    expect(commands).toHaveLength(2);
    for (const [, url = '', body = ''] of commands) {
      expect((await fetch(url, { method: 'POST', body })).status).toBe(200);
    }
  } finally {
    app.kill('SIGINT');
  }
  if (app.exitCode === null) await once(app, 'exit');
  expect(app.exitCode).toBe(0);
});
