import { channel } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import * as v from 'valibot';
import { startNodeServer } from '../src/runtime/node.ts';

/** Rolecall on Node as a process of its own, which also tells what it holds: memory after a collection, open sockets. */

let open = 0;
const Accepted = v.object({ socket: v.instance(Socket) });
channel('net.server.socket').subscribe((message) => {
  const { socket } = v.parse(Accepted, message);
  open += 1;
  socket.once('close', () => {
    open -= 1;
  });
});

const server = await startNodeServer({ environment: process.env, port: 0 });
async function measure(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await setImmediate();
  }
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  process.send?.({ heap: heapUsed + external + arrayBuffers, rss, open });
}
process.on('message', (asked) => {
  if (asked === 'measure') void measure();
});
process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)));
process.once('disconnect', () => process.exit(1));
process.send?.({ url: server.url });
