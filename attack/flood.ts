import { bearer, type Header, requestBytes, type World } from './attack.ts';
import { authenticToken } from './families/session-tokens.ts';
import { openWire, type Wire } from './wire.ts';

/** Holds connections open in every way that there is, all at once, and lets go of them. */
export async function flood(world: World, connections: number): Promise<void> {
  const waiting = `/v1/changes?after=${world.feed.revision}&epoch=${world.feed.epoch}&wait=30`;
  const events: Header = ['accept', 'text/event-stream'];
  const app = bearer(world.canaries.readToken);
  const own = bearer(authenticToken(world));
  const get = (target: string, ...headers: readonly Header[]) =>
    requestBytes(world, { method: 'GET', target, headers });
  const half = Buffer.from(
    `POST /webhooks/clerk HTTP/1.1\r\nhost: ${world.host}\r\ncontent-length: 500000\r\ncontent-type: application/json\r\n\r\n{`,
  );
  const kinds: readonly Uint8Array[] = [
    get(waiting, app),
    get('/v1/changes', app, events),
    // Nobody reads it to its end.
    get('/v1/snapshot', app),
    get('/v1/me/changes', own, events),
    get('/v1/me/changes?wait=30', own),
    half,
    // A head that never ends, and nothing at all.
    half.subarray(0, 60),
    Buffer.alloc(0),
  ];
  const wires: Wire[] = [];
  const silence = Array.from({ length: connections }, async (_, index) => {
    const wire = openWire(world.host);
    wires.push(wire);
    await wire.exchange({
      bytes: kinds[index % kinds.length] ?? half,
      bodiless: false,
      isAll: () => false,
      patience: 1_500,
    });
  });
  await Promise.all(silence);
  for (const wire of wires) wire.close();
}
