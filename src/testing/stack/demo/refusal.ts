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

/** The very moment at which the worker had the first of them, as its inbox says. */
const receivedAt = async ({ operator }: Scene, arrivals: readonly Answered[]): Promise<number> => {
  const ids = arrivals.map(({ id }) => id);
  const [row] = await operator<{ first: Date | null }[]>`
    select min(received_at) as first from rolecall.inbox where id = any(${ids})`;
  if (row?.first == null) throw new Error('Nothing arrived that could have cut anybody off.');
  return row.first.getTime();
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

type Losing = {
  readonly signedIn: SignedIn;
  readonly watching: Promise<number>;
  readonly arrivals: readonly Answered[];
};

/** The outstanding token is refused, wherever it is asked about, while Clerk would honour it for a minute. */
export const tellRefusal = async (
  scene: Scene,
  tell: Tell,
  what: string,
  { signedIn, watching, arrivals }: Losing,
): Promise<void> => {
  const refusedAt = await watching;
  const milliseconds = Math.max(0, refusedAt - (await receivedAt(scene, arrivals)));
  scene.refusals.push({ what, milliseconds });
  const left = signedIn.expiresAt - Math.floor(Date.now() / 1_000);
  tell.took('received → refused, as an app sees it in SQL', milliseconds);
  tell.refused(`the token of session …${signedIn.session.slice(-6)}, which lives for ${left} s more`);
  tell.promise(
    await isRefusedOverHttp(scene, signedIn),
    'the outstanding token is refused in SQL and over HTTP',
  );
  tell.promise(await clerkWouldAccept(scene, signedIn), "Clerk's own check would still let it in");
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
