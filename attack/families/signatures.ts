import { createHmac } from 'node:crypto';
import { svixSignature } from '../../src/testing/index.ts';
import {
  type Attack,
  attack,
  type Family,
  type Header,
  JSON_CONTENT,
  pick,
  refusedWith,
  routeNamed,
  type World,
} from '../attack.ts';

/** What every one of them would do if it were believed: make Bob, a member, an admin. */
export function promotion({ membershipOfBob }: Pick<World, 'membershipOfBob'>, now: number): string {
  return JSON.stringify({
    object: 'event',
    type: 'organizationMembership.updated',
    timestamp: now,
    data: {
      object: 'organization_membership',
      id: membershipOfBob,
      role: 'org:admin',
      created_at: now - 1,
      updated_at: now,
      organization: { id: 'org_acme', name: 'Acme', created_at: 1, updated_at: 1 },
      public_user_data: { user_id: 'user_bob' },
    },
  });
}

interface Message {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly body: string | Uint8Array;
}

/** An authentic message, as whoever listens on the way to the server would have it. Each step has its own id. */
function authentic(world: World, step: number): Message & { readonly body: string } {
  const id = `msg_attack${String(step).padStart(8, '0')}`;
  const seconds = Math.floor(world.now() / 1_000);
  const body = promotion(world, world.now());
  const signature = svixSignature(world.canaries.signingSecret, id, seconds, body);
  return { id, timestamp: String(seconds), signature, body };
}

const PRINTABLE = Array.from({ length: 0x7e - 0x21 + 1 }, (_, index) => String.fromCharCode(0x21 + index));

/** The places of an authentic message, in order: each byte of them is changed alone. */
export function positionsOf(world: World): string[] {
  const message = authentic(world, 0);
  return (['signature', 'id', 'timestamp', 'body'] as const).flatMap((part) =>
    Array.from(message[part], (_, index) => `${part} ${index}`),
  );
}

function changedAt(world: World, step: number, position: string, chance: () => number): Tricked {
  const message = authentic(world, step);
  const [part, index] = position.split(' ');
  const at = Number(index);
  if (part === 'body') {
    const bytes = Buffer.from(message.body);
    // Any byte, but never the one that it was.
    bytes[at] = (bytes.readUInt8(at) + 1 + Math.floor(chance() * 255)) % 256;
    return { ...message, body: bytes };
  }
  const field = part === 'id' || part === 'timestamp' ? part : 'signature';
  const before = message[field];
  const other = pick(
    chance,
    (field === 'timestamp' ? [...'0123456789'] : PRINTABLE).filter((one) => one !== before[at]),
  );
  return { ...message, [field]: before.slice(0, at) + other + before.slice(at + 1) };
}

const OFFSETS = [-301, -302, -330, -3_600, -86_400, -31_536_000, 302, 330, 3_600, 86_400, 315_360_000];

type Tricked = Message & { readonly headers?: readonly Header[] };
type Trick = (world: World, step: number, chance: () => number) => Tricked;

/** Signed by others, with other keys, over other bytes. */
const signedWith =
  (secretOf: (secret: string) => string): Trick =>
  (world, step) => {
    const message = authentic(world, step);
    const secret = secretOf(world.canaries.signingSecret);
    return {
      ...message,
      signature: svixSignature(secret, message.id, Number(message.timestamp), message.body),
    };
  };
const signedOver =
  (text: (message: Message & { body: string }) => string): Trick =>
  (world, step) => {
    const message = authentic(world, step);
    const key = Buffer.from(world.canaries.signingSecret.replace('whsec_', ''), 'base64');
    return {
      ...message,
      signature: `v1,${createHmac('sha256', key).update(text(message)).digest('base64')}`,
    };
  };
const written =
  (write: (signature: string, chance: () => number) => string): Trick =>
  (world, step, chance) => {
    const message = authentic(world, step);
    return { ...message, signature: write(message.signature.slice('v1,'.length), chance) };
  };
const timed =
  (write: (timestamp: string) => string): Trick =>
  (world, step) => {
    const message = authentic(world, step);
    return { ...message, timestamp: write(message.timestamp) };
  };
const named =
  (write: (id: string) => string): Trick =>
  (world, step) => {
    const message = authentic(world, step);
    return { ...message, id: write(message.id) };
  };
const skewed =
  (offset: number): Trick =>
  (world, step) => {
    const message = authentic(world, step);
    const seconds = Number(message.timestamp) + offset;
    const signature = svixSignature(world.canaries.signingSecret, message.id, seconds, message.body);
    return { ...message, timestamp: String(seconds), signature };
  };

const base64 = (text: string) => Buffer.from(text).toString('base64');
const TRICKS: Readonly<Record<string, Trick>> = {
  ...Object.fromEntries(
    OFFSETS.map((offset) => [`authentic, sent ${offset} s from now`, skewed(offset)] as const),
  ),
  'another secret': signedWith(() => `whsec_${base64('somebody else’s secret, 32 bytes')}`),
  'an empty secret': signedWith(() => 'whsec_'),
  'a secret of one byte': signedWith(() => 'whsec_AA=='),
  'the secret without its last byte': signedWith((secret) => secret.slice(0, -4)),
  'the text of the secret as the key': signedWith((secret) => `whsec_${base64(secret)}`),
  'its hexadecimal as the key': signedWith(
    (secret) => `whsec_${base64(Buffer.from(secret.replace('whsec_', ''), 'base64').toString('hex'))}`,
  ),
  'signed over the body alone': signedOver(({ body }) => body),
  'signed without the time': signedOver(({ id, body }) => `${id}.${body}`),
  'signed without the id': signedOver(({ timestamp, body }) => `${timestamp}.${body}`),
  'signed without dots': signedOver(({ id, timestamp, body }) => `${id}${timestamp}${body}`),
  'signed over an empty body': signedOver(({ id, timestamp }) => `${id}.${timestamp}.`),
  'signed over nothing': signedOver(() => ''),
  'no version': written((signature) => signature),
  'version v1a': written((signature) => `v1a,${signature}`),
  'version v2': written((signature) => `v2,${signature}`),
  'version V1': written((signature) => `V1,${signature}`),
  'version v01': written((signature) => `v01,${signature}`),
  'versions v0 and v1a': written((signature) => `v0,${signature} v1a,${signature}`),
  'an empty signature': written(() => ''),
  'a version and nothing else': written(() => 'v1,'),
  'a version and padding': written(() => 'v1,='),
  'in hexadecimal': written((signature) => `v1,${Buffer.from(signature, 'base64').toString('hex')}`),
  'in base64url': written((signature) => `v1,${signature.replaceAll('+', '-').replaceAll('/', '_')}_`),
  'without padding': written((signature) => `v1,${signature.replaceAll('=', '')}`),
  'with more padding': written((signature) => `v1,${signature}=`),
  'cut off': written((signature, chance) => `v1,${signature.slice(0, Math.floor(chance() * 43))}`),
  'with unused bits set': written((signature) => `v1,${signature.slice(0, 42)}${nextOf(signature[42])}=`),
  'with something behind it': written((signature) => `v1,${signature}AAAA`),
  'twice, joined': written((signature) => `v1,${signature}v1,${signature}`),
  'joined by a comma, as two headers are': written((signature) => `v1,${signature},v1,${signature}`),
  'joined by tabs': written((signature) => `v1,AAAA\tv1,${signature}`),
  'joined by two spaces': written((signature) => `v1,AAAA  v1,${signature}`),
  'with a space inside': written((signature) => `v1, ${signature}`),
  'in quotes': written((signature) => `"v1,${signature}"`),
  'the last of very many': written((signature) => `${'v1,AAAA '.repeat(600)}v1,${signature}`),
  'percent-encoded': written((signature) => encodeURIComponent(`v1,${signature}`)),
  'with an overlong character': written((signature) => `v1,${signature}\u00a0`),
  'a time with letters behind it': timed((time) => `${time}abc`),
  'a time with a leading zero': timed((time) => `0${time}`),
  'a time with a sign': timed((time) => `+${time}`),
  'a time with a fraction': timed((time) => `${time}.0`),
  'a time in milliseconds': timed((time) => `${time}000`),
  'a time with an exponent': timed((time) => `${time}e0`),
  'a time in hexadecimal': timed((time) => `0x${Number(time).toString(16)}`),
  'a time in Arabic digits': timed((time) =>
    time.replaceAll(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit))),
  ),
  'a time that is none': timed(() => 'NaN'),
  'no time': timed(() => ''),
  'the time moved into the id': (world, step) => {
    const message = authentic(world, step);
    return { ...message, id: `${message.id}.${message.timestamp}` };
  },
  'an id with a dot': named((id) => `${id}.`),
  'an empty id': named(() => ''),
  'a very long id': named((id) => id.padEnd(5_000, 'x')),
  'an id with a path': named((id) => `../${id}`),
  'an id with quotes': named((id) => `${id}'--`),
  'the headers of the standard in their place': (world, step) => {
    const { id, timestamp, signature, body } = authentic(world, step);
    return {
      id: '',
      timestamp: '',
      signature: '',
      body,
      headers: [
        ['webhook-id', id],
        ['webhook-timestamp', timestamp],
        ['webhook-signature', signature],
      ],
    };
  },
  'the signature given twice': (world, step) => {
    const message = authentic(world, step);
    return { ...message, headers: [['svix-signature', message.signature]] };
  },
  'the id given twice': (world, step) => {
    const message = authentic(world, step);
    return { ...message, headers: [['svix-id', message.id]] };
  },
  'the time given twice': (world, step) => {
    const message = authentic(world, step);
    return { ...message, headers: [['svix-timestamp', message.timestamp]] };
  },
  'an operator’s token instead': (world, step) => ({
    ...authentic(world, step),
    signature: 'v1,AAAA',
    headers: [['authorization', `Bearer ${world.canaries.operatorToken}`]],
  }),
  'a message that was taken, with another body': (world, step) => ({
    ...authentic(world, step),
    id: world.taken.id,
  }),
};

/** The next character of base64, which differs in a bit that does not count. */
function nextOf(character = 'A'): string {
  return String.fromCharCode(character.charCodeAt(0) + 1);
}

/** Forged and changed signatures, other people's secrets, times that are past or to come. */
export const signatures: Family = (world, step, chance): Attack => {
  const route = routeNamed(world, 'POST', '/webhooks/clerk');
  const names = Object.keys(TRICKS);
  const positions = step % 2 === 0 ? positionsOf(world) : [];
  const position = positions[(step / 2) % positions.length];
  const name = names[((step - 1) / 2) % names.length] ?? '';
  const message =
    position === undefined ? TRICKS[name]?.(world, step, chance) : changedAt(world, step, position, chance);
  if (message === undefined) throw new Error(`there is no trick ${name}`);
  const headers: Header[] = [
    ['svix-id', message.id],
    ['svix-timestamp', message.timestamp],
    ['svix-signature', message.signature],
    JSON_CONTENT,
    ...(message.headers ?? []),
  ];
  const what = position === undefined ? name : `changed: ${position}`;
  const request = { method: 'POST', target: route.path, headers, body: message.body };
  return {
    ...attack(world, route, what, request, refusedWith('401 invalid_signature')),
    ...(position === undefined ? {} : { position }),
  };
};
