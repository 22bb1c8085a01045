import { ClerkRefusal, type ClerkStandIn } from '../src/testing/index.ts';
import type { KeptToken } from './checker/run.ts';
import type { Happening, Step } from './plan/steps.ts';

/** Does at the stand-in what was planned, and keeps what the checker asks for later. */
export class Actor {
  readonly #clerk: ClerkStandIn;
  readonly tokens: KeptToken[] = [];
  /** Events that were never sent, and never will be. */
  readonly lost = new Set<string>();
  /** Events that are to be sent when everything else is over. */
  readonly late = new Set<string>();

  constructor(clerk: ClerkStandIn) {
    this.#clerk = clerk;
  }

  perform(step: Happening | Step): void {
    if (step.news === undefined) return this.#act(step);
    const before = this.#clerk.outbox.length;
    this.#clerk.pause();
    this.#act(step);
    this.#clerk.discard();
    this.#clerk.resume();
    const kept = step.news === 'late' ? this.late : this.lost;
    for (const { id } of this.#clerk.outbox.slice(before)) kept.add(id);
  }

  #act(step: Happening | Step): void {
    const clerk = this.#clerk;
    switch (step.do) {
      case 'createUser':
        return void clerk.createUser({ id: step.user });
      case 'deleteUser':
        return clerk.deleteUser(step.user);
      case 'banUser':
        return void clerk.banUser(step.user);
      case 'unbanUser':
        return void clerk.unbanUser(step.user);
      case 'deprovisionUser':
        return void clerk.deprovisionUser(step.user);
      case 'reprovisionUser':
        return void clerk.deprovisionUser(step.user, false);
      case 'changePassword':
        return void clerk.changePassword(step.user);
      case 'createOrganization':
        return void clerk.createOrganization({ id: step.organization });
      case 'deleteOrganization':
        return clerk.deleteOrganization(step.organization, { membershipEvents: step.told });
      case 'addMember':
        return void clerk.addMember(step.organization, step.user, step.role);
      case 'changeRole':
        return void clerk.changeRole(step.organization, step.user, step.role);
      case 'removeMember':
        return clerk.removeMember(step.organization, step.user);
      case 'defineRole':
        return void clerk.defineRole(step.role, step.role, step.permissions);
      case 'changeRolePermissions':
        return void clerk.changeRolePermissions(step.role, step.permissions);
      case 'signIn':
        clerk.createSession(step.user, { id: step.session });
        return this.#mint(step.session, step.organization);
      case 'mintToken':
        return this.#mint(step.session, step.organization);
      case 'endSession':
        return void (clerk.state.sessions.has(step.session) && clerk.endSession(step.session));
    }
  }

  /** A session that was revoked meanwhile gives none: when that is, no plan knows. */
  #mint(sessionId: string, organizationId: string): void {
    try {
      const token = this.#clerk.mintToken({ sessionId, organizationId });
      this.tokens.push({ token, mintedAt: this.#clerk.now() });
    } catch (error) {
      if (!(error instanceof ClerkRefusal)) throw error;
    }
  }
}
