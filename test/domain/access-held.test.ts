import { describe, expect, it, test } from 'vitest';
import { decideAccess } from '../../src/domain/decide-access.ts';
import { type Grant, grantOf } from '../../src/domain/grant.ts';
import type { Question } from '../../src/domain/question.ts';
import { ANN, BOB, known, member, question, user } from './support/questions.ts';

const NOW = 1_795_293_922_500;
const DENIED = { allowed: false, reason: 'missing_permission' };

/** With grants as `grantText` writes them. */
const decide = (grants: readonly string[], asked: Partial<Question> = {}) =>
  decideAccess(question(asked), known({ member: member({ grants: grants.map(grantOf) }) }), NOW);

const workspace = (id: string) => ({ type: 'workspace', id });

describe('a member', () => {
  it('may do what is granted by that very name, and nothing that looks like it', () => {
    expect(decide(['posts:read'])).toEqual({ allowed: true });
    for (const permission of ['posts', 'posts:', 'posts:rea', 'POSTS:READ', 'posts:*', '*']) {
      expect(decide(['posts:read'], { permission }), permission).toEqual(DENIED);
      expect(decide([permission]), permission).toEqual(DENIED);
    }
    for (const permission of ['posts:read ', ' posts:read', ''])
      expect(decide(['posts:read'], { permission }), permission).toEqual(DENIED);
    expect(decide([])).toEqual(DENIED);
  });

  it.each([
    ['posts:read', null, true],
    ['posts:read', workspace('ws_1'), false],
    ['posts:read @workspace/ws_1', workspace('ws_1'), true],
    ['posts:read @workspace/ws_1', workspace('ws_2'), false],
    ['posts:read @workspace/ws_1', null, false],
    ['posts:read @workspace/ws_1', { type: 'project', id: 'ws_1' }, false],
    ['posts:read @workspace/*', workspace('ws_1'), true],
    ['posts:read @workspace/*', workspace('anything / at all'), true],
    ['posts:read @workspace/*', workspace(''), false],
    ['posts:read @workspace/*', null, false],
    ['posts:read @workspace/*', { type: 'project', id: 'ws_1' }, false],
    ['posts:read @workspace/ws_1', workspace('*'), false],
    ['posts:read @workspace/ws_1', workspace(''), false],
    ['posts:read', { type: '', id: '' }, false],
  ])('who holds %s, asked in the scope %j: %s', (grant, scope, allowed) => {
    expect(decide([grant], { scope }).allowed).toBe(allowed);
  });

  it('asks in a scope by asking about a resource whose type is one, whatever scope is named beside it', () => {
    const resource = workspace('ws_1');
    expect(decide(['posts:read @workspace/ws_1'], { resource }).allowed).toBe(true);
    expect(decide(['posts:read'], { resource }).allowed).toBe(false);
    expect(decide(['posts:read @workspace/ws_2'], { resource, scope: workspace('ws_2') }).allowed).toBe(
      false,
    );
    // Only the policy makes a type a scope.
    const folder = { type: 'folder', id: 'f_1' };
    expect(decide(['posts:read'], { resource: folder }).allowed).toBe(true);
    expect(decide(['posts:read @folder/f_1'], { resource: folder }).allowed).toBe(false);
    expect(decide(['posts:read @folder/f_1'], { scope: folder }).allowed).toBe(true);
  });

  it.each([
    [ANN, true],
    [BOB, false],
    [null, false],
    ['', false],
    ['user_ann ', false],
    ['USER_ANN', false],
  ])('who may do it to what they own: owned by %j, %s', (ownerId, allowed) => {
    expect(decide(['posts:read own'], { ownerId }).allowed).toBe(allowed);
    expect(decide(['posts:read'], { ownerId }).allowed).toBe(true);
  });

  it.each([
    [[ANN], true],
    [[BOB, ANN], true],
    [[BOB], false],
    [[], false],
    [['', 'user_an', 'user_ann_2'], false],
  ])('who may do it to what they are assigned to: assigned to %j, %s', (assignees, allowed) => {
    expect(decide(['posts:read assigned'], { assignees }).allowed).toBe(allowed);
  });

  it('is not helped by owning what must be assigned, nor by being assigned to what must be owned', () => {
    expect(decide(['posts:read own'], { assignees: [ANN] }).allowed).toBe(false);
    expect(decide(['posts:read assigned'], { ownerId: ANN }).allowed).toBe(false);
  });

  it('needs one grant that fits in every respect: two that fit by half are none', () => {
    const halves = ['posts:read own @workspace/ws_2', 'posts:read @workspace/ws_1', 'posts:write'];
    expect(decide(halves, { scope: workspace('ws_2') }).allowed).toBe(false);
    expect(decide(halves, { scope: workspace('ws_2'), ownerId: ANN }).allowed).toBe(true);
    expect(decide(halves, { permission: 'posts:write', scope: workspace('ws_1') }).allowed).toBe(false);
  });
});

test.each([
  ['nobody ever heard of', undefined, 'not_a_member'],
  ['who is no member any more', member({ member: false }), 'not_a_member'],
  ['who is neither a member nor welcome', member({ member: false, suspended: true }), 'not_a_member'],
  ['who is suspended', member({ suspended: true }), 'suspended'],
  ['who is suspended and contested', member({ suspended: true, contested: true }), 'suspended'],
  ['who is contested', member({ contested: true }), 'contested'],
])('a user %s may do nothing, whatever they still hold', (_, held, reason) => {
  for (const subject of [user(), user(BOB)])
    expect(decideAccess(question({ subject }), known({ member: held }), NOW)).toEqual({
      allowed: false,
      reason,
    });
});

test('names that mean something to JavaScript mean nothing here', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length']) {
    expect(decide(['posts:read'], { permission: name })).toEqual(DENIED);
    expect(decide(['posts:read'], { scope: { type: name, id: name } })).toEqual(DENIED);
    expect(decide(['posts:read own'], { ownerId: name, assignees: [name] })).toEqual(DENIED);
    const literal: Grant = { permission: name, only: null, scope: { type: name, id: name } };
    const holds = known({ scopes: [name], member: member({ grants: [literal] }) });
    expect(
      decideAccess(question({ permission: name, resource: { type: name, id: name } }), holds, NOW).allowed,
    ).toBe(true);
  }
});
