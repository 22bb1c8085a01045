import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import { svixHeaders } from '../src/testing/index.ts';

export interface Load {
  readonly url: string;
  readonly secret: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface Measured {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Sends signed membership events, each its own delivery of its own member, as fast as they are answered. */
export async function measure(load: Load): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  const times: number[] = [];
  const until = performance.now() + load.seconds * 1000;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      const { headers, body } = signedEvent(load.secret);
      const from = performance.now();
      const status = await post(agent, load.url, headers, body);
      if (status !== 200) throw new Error(`answered ${status}`);
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: load.connections }, worker));
  const elapsed = (performance.now() - started) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { perSecond: times.length / elapsed, p50: at(0.5), p99: at(0.99) };
}

/** The role that every event speaks of; the stand-in knows it too, so that the two never disagree. */
export const ROLE = {
  key: 'org:editor',
  name: 'Editor',
  permissions: ['org:posts:delete', 'org:posts:read', 'org:posts:write'],
};

let count = 0;

function signedEvent(secret: string) {
  count += 1;
  const now = Date.now();
  const body = JSON.stringify({
    object: 'event',
    type: 'organizationMembership.created',
    timestamp: now,
    data: {
      object: 'organization_membership',
      id: `orgmem_${process.pid}_${count}`,
      role: ROLE.key,
      role_name: ROLE.name,
      permissions: ROLE.permissions,
      created_at: now,
      updated_at: now,
      public_metadata: {},
      organization: {
        object: 'organization',
        id: `org_${count % 100}`,
        name: 'An organization',
        slug: 'an-organization',
        public_metadata: {},
        created_at: now,
        updated_at: now,
      },
      public_user_data: { user_id: `user_${process.pid}_${count}`, identifier: 'someone@example.com' },
    },
  });
  return { headers: { ...svixHeaders(secret, `msg_${process.pid}_${count}`, now, body) }, body };
}

function post(agent: Agent, url: string, headers: OutgoingHttpHeaders, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        agent,
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}
