import { verifyToken } from '@clerk/backend';
import { describe, expect, it } from 'vitest';
import { permissionClaims } from '../../../src/testing/clerk/tokens.ts';
import { createClerkStandIn } from '../../../src/testing/index.ts';

const scene = () => {
  const standIn = createClerkStandIn();
  const { id: userId } = standIn.createUser({ id: 'user_ada' });
  const { id: organizationId } = standIn.createOrganization({ id: 'org_acme', slug: 'acme' });
  standIn.defineRole('org:editor', 'Editor', [
    'org:dashboard:read',
    'org:teams:manage',
    'org:teams:read',
    'org:sys_memberships:read',
  ]);
  standIn.addMember(organizationId, userId, 'org:editor');
  const { id: sessionId } = standIn.createSession(userId, { organizationId });
  return { standIn, userId, organizationId, sessionId };
};

describe('tokens', () => {
  it('verify with the real SDK and carry the v2 claims of the active organization', async () => {
    const { standIn, userId, organizationId, sessionId } = scene();
    const claims = await verifyToken(standIn.mintToken({ sessionId }), { jwtKey: standIn.jwtKeyPem });
    expect(claims).toMatchObject({
      v: 2,
      sid: sessionId,
      sub: userId,
      iss: standIn.issuer,
      azp: standIn.authorizedParty,
      sts: 'active',
      fea: 'o:dashboard,o:teams',
      o: { id: organizationId, slg: 'acme', rol: 'editor', per: 'manage,read', fpm: '2,3' },
    });
    expect(claims.exp - claims.iat).toBe(60);
  });

  it('leave the organization out when none is active, and take one that is not', async () => {
    const { standIn, userId, organizationId } = scene();
    const { id: sessionId } = standIn.createSession(userId);
    const without = await verifyToken(standIn.mintToken({ sessionId }), { jwtKey: standIn.jwtKeyPem });
    expect(without).not.toHaveProperty('o');
    const withOne = standIn.mintToken({ sessionId, organizationId });
    expect(await verifyToken(withOne, { jwtKey: standIn.jwtKeyPem })).toMatchObject({
      o: { id: organizationId },
    });
  });

  it('are refused to sessions that are over and to users who are no members', () => {
    const { standIn, userId, organizationId, sessionId } = scene();
    standIn.removeMember(organizationId, userId);
    expect(() => standIn.mintToken({ sessionId, organizationId })).toThrow('not found');
    expect(standIn.mintToken({ sessionId })).toContain('.');
    standIn.revokeSession(sessionId);
    expect(() => standIn.mintToken({ sessionId })).toThrow('Invalid authentication');
  });

  it('are refused to the banned and to sessions that ran out', () => {
    let now = 1_795_000_000_000;
    const standIn = createClerkStandIn({ now: () => now });
    const ada = standIn.createUser();
    const session = standIn.createSession(ada.id, { lifetimeMs: 1_000 });
    now += 2_000;
    expect(() => standIn.mintToken({ sessionId: session.id })).toThrow();
    const second = standIn.createSession(ada.id);
    standIn.banUser(ada.id);
    expect(() => standIn.mintToken({ sessionId: second.id })).toThrow();
    expect(() => standIn.createSession(ada.id)).toThrow();
  });

  it('can be old, long-lived, or wrong in any claim', async () => {
    const { standIn, sessionId } = scene();
    const issuedAt = Date.now() - 30_999;
    const claims = await verifyToken(
      standIn.mintToken({
        sessionId,
        issuedAt,
        lifetime: 90,
        overrides: { iss: 'https://evil.example', azp: undefined },
      }),
      { jwtKey: standIn.jwtKeyPem },
    );
    expect(claims).toMatchObject({ iat: Math.floor(issuedAt / 1_000), iss: 'https://evil.example' });
    expect(claims).not.toHaveProperty('azp');
  });

  it('say what the role says at the time of minting', async () => {
    const { standIn, sessionId } = scene();
    standIn.changeRolePermissions('org:editor', ['org:teams:read']);
    const claims = await verifyToken(standIn.mintToken({ sessionId }), { jwtKey: standIn.jwtKeyPem });
    expect(claims).toMatchObject({ fea: 'o:teams', o: { per: 'read', fpm: '1' } });
  });

  it('of another instance do not verify', async () => {
    const { standIn, sessionId } = scene();
    const token = standIn.mintToken({ sessionId });
    await expect(verifyToken(token, { jwtKey: createClerkStandIn().jwtKeyPem })).rejects.toThrow();
  });

  it('count more than 53 actions exactly', () => {
    const keys = Array.from({ length: 60 }, (_, i) => `org:f:a${String(i).padStart(2, '0')}`);
    expect(permissionClaims([...keys.slice(0, 1), ...keys.slice(1)]).fpm).toBe(((1n << 60n) - 1n).toString());
    expect(permissionClaims(['org:sys_memberships:read'])).toEqual({});
  });
});
