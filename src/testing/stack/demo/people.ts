import * as v from 'valibot';
import { organization, type Scene } from './scene.ts';
import { until } from './until.ts';

/** Somebody with a session and one of its tokens, as an app's backend would be shown it. */
export type SignedIn = {
  readonly user: string;
  readonly session: string;
  readonly token: string;
  /** Seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
};

const Claims = v.object({ iat: v.number(), exp: v.number() });

const mint = ({ clerk }: Scene, user: string, session: string): SignedIn => {
  const token = clerk.mintToken({ sessionId: session });
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  const { iat, exp } = v.parse(Claims, JSON.parse(payload));
  return { user, session, token, issuedAt: iat, expiresAt: exp };
};

export const isCurrent = async (
  { app }: Scene,
  { user, session, issuedAt }: Pick<SignedIn, 'user' | 'session' | 'issuedAt'>,
): Promise<boolean> => {
  const [row] = await app<{ current: boolean }[]>`
    select rolecall.token_is_current(${user}, ${organization}, ${session}, to_timestamp(${issuedAt})) as current`;
  return row?.current === true;
};

/** Token times are whole seconds: after a cutoff, the first token that is honoured again is the next second's. */
export const freshToken = (scene: Scene, user: string, session: string): Promise<SignedIn> =>
  until(`${user} gets a token that is honoured`, async () => {
    const signedIn = mint(scene, user, session);
    return (await isCurrent(scene, signedIn)) ? signedIn : undefined;
  });

/** Of a session that is new, too. */
export const signIn = async (scene: Scene, user: string): Promise<SignedIn> => {
  const { id } = scene.clerk.createSession(user, { organizationId: organization });
  return freshToken(scene, user, id);
};

/** Without a look at whether it is honoured. */
export const signInUnseen = (scene: Scene, user: string): SignedIn =>
  mint(scene, user, scene.clerk.createSession(user, { organizationId: organization }).id);

const Member = v.object({
  member: v.boolean(),
  role: v.nullable(v.string()),
  permissions: v.array(v.object({ permission: v.string() })),
  cutoff: v.nullable(v.string()),
  revision: v.number(),
});

/** What an app is told over HTTP. */
export const memberOverHttp = async ({ stack }: Scene, user: string) => {
  const answer = await fetch(`${stack.worker.url}/v1/organizations/${organization}/members/${user}`, {
    headers: { authorization: `Bearer ${stack.tokens.read}` },
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw new Error(`GET …/members/${user} → ${answer.status} ${await answer.text()}`);
  const { permissions, ...rest } = v.parse(Member, await answer.json());
  return { ...rest, permissions: permissions.map(({ permission }) => permission).sort() };
};

/** The same rule that SQL applies: refused at or before the cutoff's second. */
export const isRefusedOverHttp = async (scene: Scene, { user, issuedAt }: SignedIn): Promise<boolean> => {
  const { member, cutoff } = await memberOverHttp(scene, user);
  return !member || (cutoff !== null && issuedAt <= Math.floor(Date.parse(cutoff) / 1_000));
};

export const may = async ({ app }: Scene, user: string, permission: string): Promise<boolean> => {
  const [row] = await app<{ held: boolean }[]>`
    select rolecall.has_permission(${user}, ${organization}, ${permission}) as held`;
  return row?.held === true;
};

export const holdsAnything = async ({ app }: Scene, user: string): Promise<boolean> => {
  const rows = await app`
    select from rolecall.current_permissions where user_id = ${user} and organization_id = ${organization}`;
  return rows.length > 0;
};

/** How many lookups and revocations of this user are still owed to Clerk. */
export const owed = async ({ operator }: Scene, user?: string): Promise<number> => {
  const rows = await operator`
    select from rolecall.effects where status = 'owed' and (user_id = ${user ?? ''} or ${user === undefined})`;
  return rows.length;
};

export const revision = async ({ app }: Scene): Promise<number> => {
  const [row] = await app<{ revision: string }[]>`select rolecall.revision() as revision`;
  return Number(row?.revision);
};
