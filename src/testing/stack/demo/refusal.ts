import { verifyToken } from '@clerk/backend';
import type { Answered } from './deliveries.ts';
import { isCurrent, isRefusedOverHttp, type SignedIn } from './people.ts';
import type { Tell } from './report.ts';
import type { Scene } from './scene.ts';
import { until } from './until.ts';

/** Asks from now on, again and again; resolves with the moment of the first refusal. */
export const watchForRefusal = (scene: Scene, signedIn: SignedIn, within?: number): Promise<number> => {
  const watching = until(
    `the token of ${signedIn.user} is refused`,
    async () => ((await isCurrent(scene, signedIn)) ? undefined : Date.now()),
    { every: 1, ...(within === undefined ? {} : { within }) },
  );
  // Whoever started it may fail before it is awaited.
  watching.catch(() => undefined);
  return watching;
};

/** The very moment at which the worker had it, as its inbox says. */
const receivedAt = async ({ operator }: Scene, id: string): Promise<number> => {
  const [row] = await operator<{ received_at: Date }[]>`
    select received_at from rolecall.inbox where id = ${id}`;
  if (row === undefined) throw new Error(`${id} is not in the inbox.`);
  return row.received_at.getTime();
};

/** Whether Clerk's own check would let the token in, which knows nothing but the token. */
const clerkWouldAccept = async ({ clerk }: Scene, { token }: SignedIn): Promise<boolean> => {
  try {
    await verifyToken(token, { jwtKey: clerk.jwtKeyPem, authorizedParties: [clerk.authorizedParty] });
    return true;
  } catch {
    return false;
  }
};

/** The outstanding token is refused, wherever it is asked about, while Clerk would honour it for a minute. */
export const tellRefusal = async (
  scene: Scene,
  tell: Tell,
  what: string,
  {
    signedIn,
    watching,
    cause,
  }: { signedIn: SignedIn; watching: Promise<number>; cause: Answered | undefined },
): Promise<void> => {
  const refusedAt = await watching;
  if (cause === undefined) throw new Error(`Nothing arrived that could have cut off ${signedIn.user}.`);
  const milliseconds = Math.max(0, refusedAt - (await receivedAt(scene, cause.id)));
  scene.refusals.push({ what, milliseconds });
  tell.took('received → refused, as an app sees it in SQL', milliseconds);
  tell.promise(
    await isRefusedOverHttp(scene, signedIn),
    'the outstanding token is refused in SQL and over HTTP',
  );
  const left = signedIn.expiresAt - Math.floor(Date.now() / 1_000);
  const accepted = await clerkWouldAccept(scene, signedIn);
  tell.refused(
    `the token of session …${signedIn.session.slice(-6)}; ` +
      `Clerk's own check ${accepted ? `would honour it for ${left} s more` : 'refuses it as well'}`,
  );
};

/** Nobody can get another token from it. */
export const untilRevoked = (scene: Scene, { user, session }: SignedIn, within?: number): Promise<void> =>
  until(
    `the session of ${user} is revoked at Clerk`,
    () => scene.clerk.revocations.some(({ sessionId }) => sessionId === session) || undefined,
    within === undefined ? {} : { within },
  ).then(() => undefined);

export const isSignedIn = ({ clerk }: Scene, { session }: SignedIn): boolean =>
  clerk.state.sessions.get(session)?.status === 'active';
