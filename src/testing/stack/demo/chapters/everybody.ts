import { happens, isTaken } from '../deliveries.ts';
import { freshToken, may, revision, type SignedIn, signInUnseen } from '../people.ts';
import { isSignedIn } from '../refusal.ts';
import { type Chapter, organization, type Scene } from '../scene.ts';
import { until } from '../until.ts';

const publish = 'org:posts:publish';
const people = Array.from({ length: 40 }, (_, index) => `user_editor_${index + 1}`);

const honoured = async ({ app }: Scene, all: readonly SignedIn[]): Promise<number> => {
  const rows = await app`
    select from unnest(
      ${all.map(({ user }) => user)}::text[], ${all.map(({ session }) => session)}::text[],
      ${all.map(({ issuedAt }) => issuedAt)}::bigint[]) as t(person, session, issued)
    where rolecall.token_is_current(t.person, ${organization}, t.session, to_timestamp(t.issued))`;
  return rows.length;
};

const whoMayPublish = async ({ app }: Scene): Promise<number> => {
  const rows = await app`
    select from rolecall.current_permissions
    where organization_id = ${organization} and permission = ${publish}`;
  return rows.length;
};

/** A role's definition changes, of which Clerk tells nobody but once. */
export const everybody: Chapter = async (step, scene) => {
  const { clerk } = scene;
  let all: readonly SignedIn[] = [];

  await step(`${people.length} Editors join at once`, async (tell) => {
    const { result, arrivals } = await happens(scene, tell, () => {
      clerk.defineRole('org:editor', 'Editor', ['org:posts:write', publish]);
      return people.map((id) => {
        clerk.createUser({ id });
        clerk.addMember(organization, id, 'org:editor');
        return signInUnseen(scene, id);
      });
    });
    all = result;
    tell.promise(arrivals.every(isTaken), `${arrivals.length} messages, all acknowledged`);
    tell.promise((await whoMayPublish(scene)) === people.length, 'all may publish');
    tell.promise((await honoured(scene, all)) === people.length, 'the tokens of all are honoured');
  });

  await step('The role Editor may publish no more', async (tell) => {
    const before = await revision(scene);
    const watching = until(
      'every token is refused',
      async () => ((await honoured(scene, all)) === 0 ? performance.now() : undefined),
      { every: 1 },
    );
    watching.catch(() => undefined);
    const begun = performance.now();
    const { arrivals } = await happens(scene, tell, () =>
      clerk.changeRolePermissions('org:editor', ['org:posts:write']),
    );
    const changes = (await revision(scene)) - before;
    tell.took('Clerk changed the role → every holder’s token is refused', (await watching) - begun);
    tell.refused(`the tokens of all ${people.length} holders`);
    tell.changed(`${changes} entry in the trail, ${people.length} people`);
    tell.promise(arrivals.length === 1 && changes === 1, 'one message, one change');
    tell.promise((await whoMayPublish(scene)) === 0, 'nobody may publish');
    const [first] = all;
    if (first === undefined) throw new Error('Nobody is an Editor.');
    const next = await freshToken(scene, first.user, first.session);
    tell.promise(
      (await may(scene, next.user, 'org:posts:write')) && all.every((one) => isSignedIn(scene, one)),
      'all stay signed in: their next token says what they hold now',
    );
  });
};
