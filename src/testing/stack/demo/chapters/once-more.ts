import { answered, deliver, isTaken, tellArrivals } from '../deliveries.ts';
import { owed } from '../people.ts';
import { type Chapter, organization, type Scene } from '../scene.ts';
import { until } from '../until.ts';

const quiet = (scene: Scene) =>
  until('nothing is owed and nothing on its way', async () => {
    await scene.clerk.settled();
    return (await owed(scene)) === 0 && scene.clerk.pending() === 0 ? true : undefined;
  });

/** All that readers see, and what refuses tokens. */
const everything = async ({ operator }: Scene): Promise<string> => {
  const [row] = await operator<{ everything: string }[]>`
    select jsonb_build_array(
      rolecall.revision(),
      (select jsonb_agg(m order by m) from rolecall.members m),
      (select jsonb_agg(p order by p) from rolecall.current_permissions p),
      (select jsonb_agg(jsonb_build_array(p.user_id, p.cutoff) order by p.user_id) from rolecall.pairs p),
      (select jsonb_agg(jsonb_build_array(k.key, k.cutoff) order by k.key) from rolecall.role_keys k)
    )::text as everything`;
  return row?.everything ?? '';
};

const asClerkSays = ({ clerk }: Scene): string[] =>
  clerk
    .access()
    .filter((one) => one.organizationId === organization)
    .map(({ userId, role, permissions }) => [userId, role, ...permissions].join(' '))
    .sort();

const asRolecallSays = async ({ app }: Scene): Promise<string[]> => {
  const rows = await app<{ user_id: string; role: string; permissions: string[] }[]>`
    select m.user_id, m.role, array(
      select p.permission from rolecall.current_permissions p
      where p.organization_id = m.organization_id and p.user_id = m.user_id
      order by p.permission collate "C") as permissions
    from rolecall.members m where m.organization_id = ${organization}`;
  return rows.map(({ user_id, role, permissions }) => [user_id, role, ...permissions].join(' ')).sort();
};

/** Clerk sends its whole history again. */
export const onceMore: Chapter = async (step, scene) => {
  const { clerk, operator } = scene;

  await step('Everything that was ever acknowledged arrives once more', async (tell) => {
    await quiet(scene);
    const taken = new Set(clerk.deliveries.filter(isTaken).map(({ messageId }) => messageId));
    const [before, made] = [await everything(scene), clerk.deliveries.length];
    for (const { id } of clerk.outbox) if (taken.has(id)) clerk.resend(id);
    await clerk.settled();
    const again = clerk.deliveries.slice(made).map(answered);
    tellArrivals(tell, again);
    for (const event of scene.extras) again.push(await deliver(scene, tell, event));
    tell.promise(
      again.length === taken.size && again.every(({ outcome }) => outcome === 'duplicate'),
      `${again.length} duplicates, and nothing else`,
    );
    tell.promise(
      (await everything(scene)) === before,
      'not one membership, permission, cutoff or revision moved',
    );
    tell.promise((await owed(scene)) === 0, 'nothing is owed');
  });

  await step('Rolecall and Clerk compare', async (tell) => {
    const [ours, theirs] = [await asRolecallSays(scene), asClerkSays(scene)];
    tell.changed(`${ours.length} members of Acme in Rolecall, ${theirs.length} at Clerk`);
    tell.promise(JSON.stringify(ours) === JSON.stringify(theirs), 'the same members, roles and permissions');
    const ids = [...new Set(clerk.deliveries.filter(isTaken).map(({ messageId }) => messageId))];
    const kept = await operator`select from rolecall.inbox where id in ${operator(ids)}`;
    tell.promise(kept.length === ids.length, `all ${ids.length} acknowledged messages are in the inbox`);
  });
};
