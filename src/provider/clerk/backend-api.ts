import { createClerkClient } from '@clerk/backend';
import * as v from 'valibot';
import type { Evidence } from '../../domain/evidence.ts';
import type { Clock, Provider, ProviderPage } from '../../pipeline/ports.ts';
import { answerOf, insist } from './answer.ts';
import { membershipSnapshot, organizationSnapshot, roleSnapshot, userSnapshot } from './evidence.ts';
import * as shapes from './shapes.ts';

export interface BackendApiOptions {
  readonly secretKey: string;
  /** Defaults to Clerk's own. */
  readonly apiUrl?: string | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Clerk's own largest page. */
const PAGE = 500;

/** Whoever comes while pages are read comes at the end, and moves nobody. */
const FIRST_MADE = '+created_at';

/** Statuses that no token can be had for any more; an unknown one is taken for live and revoked to be sure. */
const OVER = new Set(['abandoned', 'ended', 'expired', 'removed', 'replaced', 'revoked']);

const session = v.object({ id: v.string(), userId: v.string(), status: v.string(), createdAt: shapes.time });

const revoked = v.object({ id: v.string() });

const role = v.object({
  id: v.string(),
  key: v.string(),
  name: v.nullish(v.string()),
  description: v.nullish(v.string()),
  permissions: v.array(v.object({ id: v.string(), key: v.string(), createdAt: v.number() })),
  createdAt: v.number(),
  updatedAt: v.number(),
});

/** The Backend API through Clerk's client, which neither retries nor times out: both are ours. */
export function clerkBackendApi(options: BackendApiOptions): Provider {
  const clerk = createClerkClient({
    secretKey: options.secretKey,
    ...(options.apiUrl === undefined ? {} : { apiUrl: options.apiUrl }),
    telemetry: { disabled: true },
  });
  const ask = <T>(call: () => Promise<T>, absent?: T) => answerOf(call, absent, options.timeoutMs);
  // What an answer shows was true at the earliest when it was asked for: later events outrank it.
  const now = () => options.clock.now();

  return {
    // Any answer with status 200 reaches us, a proxy's page of HTML too: nothing of it is believed unread.
    instance: () => ask(async () => v.parse(shapes.instance, await clerk.instance.get()).id),

    async member(organizationId, userId) {
      const at = now();
      return ask(async () => {
        const { data, totalCount } = await clerk.organizations.getOrganizationMembershipList({
          organizationId,
          userId: [userId],
          limit: PAGE,
        });
        const found = data.map((membership) => v.parse(shapes.membership, membership.raw));
        // The client drops an empty filter, and then everybody is listed: a page of others says nothing of this one.
        for (const one of found) {
          insist(one.organization.id === organizationId && one.public_user_data.user_id === userId);
        }
        insist(found.length > 0 || totalCount === 0);
        return found.length === 0
          ? [{ kind: 'membership-absent', organizationId, userId, at }]
          : found.map((one) => membershipSnapshot(one, 'observed', at));
      }, [{ kind: 'membership-absent', organizationId, userId, at }]);
    },

    async user(userId) {
      const at = now();
      // A user that is not found is not inferred to be deleted: the provider says so itself.
      return ask(async () => {
        const found = v.parse(shapes.user, (await clerk.users.getUser(userId)).raw);
        insist(found.id === userId);
        return [userSnapshot(found, 'observed', at)];
      }, []);
    },

    async organization(organizationId) {
      const at = now();
      return ask(async () => {
        const answer = await clerk.organizations.getOrganization({ organizationId });
        const found = v.parse(shapes.organization, answer.raw);
        insist(found.id === organizationId);
        return [organizationSnapshot(found, 'observed', at)];
      }, []);
    },

    async roles(offset) {
      const at = now();
      return ask(async () => {
        const { data, totalCount } = await clerk.organizationRoles.getOrganizationRoleList({
          limit: PAGE,
          offset,
        });
        const evidence = data.map((one) => roleSnapshot(roleFromClient(one), 'observed', at));
        insist(data.length > 0 || offset >= totalCount);
        return pageOf({ evidence, unreadable: [] }, offset, totalCount);
      });
    },

    async organizations(offset) {
      const at = now();
      return ask(async () => {
        const { data, totalCount } = await clerk.organizations.getOrganizationList({
          limit: PAGE,
          offset,
          orderBy: FIRST_MADE,
        });
        const read = readAll(data, shapes.organization, (one) => organizationSnapshot(one, 'observed', at));
        insist(data.length > 0 || offset >= totalCount);
        return pageOf(read, offset, totalCount);
      });
    },

    async users(organizationId, offset) {
      const at = now();
      return ask(async () => {
        const { data, totalCount } = await clerk.users.getUserList({
          limit: PAGE,
          offset,
          orderBy: FIRST_MADE,
          ...(organizationId === null ? {} : { organizationId: [organizationId] }),
        });
        const read = readAll(data, shapes.user, (one) => userSnapshot(one, 'observed', at));
        // Counted by a call of its own, which knows no organizations.
        const total = v.parse(v.number(), totalCount);
        return pageOf(read, offset, organizationId === null ? total : null);
      });
    },

    async memberships(organizationId, offset) {
      const at = now();
      const wanted = { limit: PAGE, offset, orderBy: FIRST_MADE } as const;
      const list = () =>
        organizationId === null
          ? clerk.organizations.getInstanceOrganizationMembershipList(wanted)
          : clerk.organizations.getOrganizationMembershipList({ ...wanted, organizationId });
      return ask(
        async () => {
          const { data, totalCount } = await list();
          const read = readAll(data, shapes.membership, (one) => {
            insist(organizationId === null || one.organization.id === organizationId);
            return membershipSnapshot(one, 'observed', at);
          });
          insist(data.length > 0 || offset >= totalCount);
          return pageOf(read, offset, totalCount);
        },
        organizationId === null ? undefined : { evidence: [], unreadable: [], more: false, total: 0 },
      );
    },

    async sessions(userId, offset) {
      return ask(
        async () => {
          const { data, totalCount } = await clerk.sessions.getSessionList({ userId, limit: PAGE, offset });
          const sessions = data.map((one) => {
            const { id, userId: owner, status, createdAt } = v.parse(session, one);
            insist(owner === userId);
            return { id, createdAt, live: !OVER.has(status) };
          });
          insist(data.length > 0 || offset >= totalCount);
          return { sessions, more: offset + data.length < totalCount };
        },
        { sessions: [], more: false },
      );
    },

    async revokeSession(sessionId) {
      return ask<'revoked' | 'gone'>(async () => {
        insist(v.parse(revoked, await clerk.sessions.revokeSession(sessionId)).id === sessionId);
        return 'revoked';
      }, 'gone');
    },
  };
}

/** A full page is followed by another one, whatever was counted: a count that is too low must hide nobody. */
type Read = Pick<ProviderPage, 'evidence' | 'unreadable'>;

const known = v.object({ id: v.string() });

/** One that cannot be read keeps nobody from reading the others; where none can, the answer is no list of Clerk's. */
function readAll<Shape extends v.GenericSchema>(
  items: readonly { readonly raw: unknown }[],
  shape: Shape,
  evidenceOf: (one: v.InferOutput<Shape>) => Evidence,
): Read {
  const evidence: Evidence[] = [];
  const unreadable: string[] = [];
  for (const { raw } of items) {
    const one = v.safeParse(shape, raw);
    if (one.success) evidence.push(evidenceOf(one.output));
    else unreadable.push(v.parse(known, raw).id);
  }
  insist(evidence.length > 0 || items.length === 0);
  return { evidence, unreadable };
}

function pageOf(read: Read, offset: number, total: number | null): ProviderPage {
  const many = read.evidence.length + read.unreadable.length;
  const more = many >= PAGE || (total !== null && many > 0 && offset + many < total);
  return { ...read, more, total };
}

function roleFromClient(data: unknown) {
  const { createdAt, updatedAt, permissions, ...rest } = v.parse(role, data);
  return v.parse(shapes.role, {
    ...rest,
    permissions: permissions.map((one) => ({ id: one.id, key: one.key, created_at: one.createdAt })),
    created_at: createdAt,
    updated_at: updatedAt,
  });
}
