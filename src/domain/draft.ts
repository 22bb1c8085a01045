import type { Change } from './changes.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { OwedEffect } from './effects.ts';
import type { Facts } from './facts.ts';

/** One table of facts while a decision is being made: what was read, overlaid by what was decided. */
export class DraftTable<Row> {
  readonly #read: ReadonlyMap<string, Row>;
  readonly #written = new Map<string, Row>();
  readonly #consulted = new Set<string>();
  #surveyed = false;

  constructor(read: ReadonlyMap<string, Row>) {
    this.#read = read;
  }

  get(key: string): Row | undefined {
    this.#consulted.add(key);
    return this.#written.get(key) ?? this.#read.get(key);
  }

  put(key: string, row: Row): void {
    this.#consulted.add(key);
    this.#written.set(key, row);
  }

  values(): Row[] {
    this.#surveyed = true;
    return [...new Map([...this.#read, ...this.#written]).values()];
  }

  /** The rows this decision puts, by key. */
  get written(): ReadonlyMap<string, Row> {
    return this.#written;
  }

  /** Whether a row that it puts says something else than the one that was read. */
  isNews(key: string): boolean {
    const read = this.#read.get(key);
    return read === undefined || JSON.stringify(read) !== JSON.stringify(this.#written.get(key));
  }

  /** Every key the decision looked at: it is only valid while these rows are as they were read. */
  get consulted(): ReadonlySet<string> {
    return this.#consulted;
  }

  /** Whether it asked which rows there are: it is only valid while there are no others. */
  get surveyed(): boolean {
    return this.#surveyed;
  }
}

/** The working copy on which a batch is decided, event after event. Lives for one decision, touches nothing else. */
export class Draft {
  readonly users;
  readonly organizations;
  readonly roles;
  readonly roleKeys;
  readonly permissions;
  readonly permissionKeys;
  readonly memberships;
  readonly members;
  readonly sessions;
  readonly invitations;
  readonly #policy;
  #restsOnPolicy = false;
  readonly changes: Change[] = [];
  readonly effects: OwedEffect[] = [];

  constructor(facts: Facts) {
    this.users = new DraftTable(facts.users);
    this.organizations = new DraftTable(facts.organizations);
    this.roles = new DraftTable(facts.roles);
    this.roleKeys = new DraftTable(facts.roleKeys);
    this.permissions = new DraftTable(facts.permissions);
    this.permissionKeys = new DraftTable(facts.permissionKeys);
    this.memberships = new DraftTable(facts.memberships);
    this.members = new DraftTable(facts.members);
    this.sessions = new DraftTable(facts.sessions);
    this.invitations = new DraftTable(facts.invitations);
    this.#policy = facts.policy;
  }

  get policy(): CompiledPolicy | null {
    this.#restsOnPolicy = true;
    return this.#policy;
  }

  /** Whether the decision would be another one under another policy. */
  get restsOnPolicy(): boolean {
    return this.#restsOnPolicy;
  }
}
