import { expect, it } from 'vitest';
import { clientOfFeed, fakeFeed, member, role, told } from './support/fake-feed.ts';

it('in workerd, a copy is kept as anywhere else', async () => {
  const feed = fakeFeed([role('org:admin', ['invoices:read']), member('user_ada', 'org:admin')]);
  const snapshot = clientOfFeed(feed).snapshot();
  await snapshot.ready;
  await expect.poll(() => feed.streams).toHaveLength(1);
  expect(snapshot.can('user_ada', 'org_acme', 'invoices:read')).toBe(true);
  feed.push(told('removed', 'user_ada', null, []));
  await expect.poll(() => snapshot.can('user_ada', 'org_acme', 'invoices:read')).toBe(false);
  snapshot.close();
});
