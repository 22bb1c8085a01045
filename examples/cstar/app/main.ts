// npx node examples/cstar/app/main.ts [port]
import { once } from 'node:events';
import { startApp } from './start.ts';

const app = await startApp(Number(process.argv[2] ?? 3000));
const { clerkUrl } = app.rolecall;

process.stdout.write(`
The app runs. Ctrl-C stops it. Open it as somebody:

  a Manager, who may delete tickets   ${app.url}/org_guild?as=user_captain
  an Agent, who may not               ${app.url}/org_guild?as=user_hero
  somebody of another team            ${app.url}/org_guild?as=user_rival

Leave a page open, and change something at Clerk:

  curl ${clerkUrl}/stand-in/changeRole -d '{"organizationId":"org_guild","userId":"user_hero","role":"org:manager"}'
  curl ${clerkUrl}/stand-in/removeMember -d '{"organizationId":"org_guild","userId":"user_captain"}'

`);

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await app.stop();
