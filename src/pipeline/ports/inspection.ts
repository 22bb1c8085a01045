/** What can be seen of a database in its catalogue, by anybody who may connect, whether or not it is ours yet. */
export interface DatabaseInspection {
  /** As `server_version_num` has it: 150004. */
  readonly version: number;
  /** As `server_encoding` has it: UTF8. */
  readonly encoding: string;
  /** Settings by which the server writes the parameters of our statements, and payloads with them, into its own log. */
  readonly parametersLoggedBy: readonly string[];
  readonly login: {
    readonly name: string;
    readonly superuser: boolean;
    readonly bypassesRowSecurity: boolean;
    /** Null where there is no role `rolecall_service` yet. */
    readonly isService: boolean | null;
  };
  readonly tls: boolean;
  /**
   * What a connection keeps of the server: its session; only its transactions, where a statement of one connection meets
   * another backend than the one before; or not even these, where none can be begun beside other statements.
   */
  readonly pooling: 'session' | 'transaction' | 'statement';
  /** A replica, or told to be read only. */
  readonly readOnly: boolean;
  /** Ours minus the server's clock, at most so far off as the answer took. */
  readonly clockAheadMs: number;
  readonly schema: SchemaInspection;
  /** Who may connect and log in, and is granted one of our roles or passes by row-level security. */
  readonly logins: readonly LoginInspection[];
  /** Tables of apps whose policies ask us, or which `rolecall_subject` may read. */
  readonly tables: readonly TableInspection[];
}

export interface SchemaInspection {
  readonly exists: boolean;
  /** By the number of the migration that makes them: tables and functions that are missing. */
  readonly missing: readonly { readonly migration: number; readonly names: readonly string[] }[];
  readonly migrations: number;
  /** Functions of ours whose `search_path` is not pinned any more. */
  readonly unpinned: readonly string[];
  /** Tables of ours whose row-level security is switched off. */
  readonly unprotected: readonly string[];
}

export interface LoginInspection {
  readonly name: string;
  readonly superuser: boolean;
  readonly bypassesRowSecurity: boolean;
  readonly isSubject: boolean;
  readonly isReader: boolean;
}

export interface TableInspection {
  readonly name: string;
  /** A policy of it asks a function of ours. */
  readonly asks: boolean;
  readonly enabled: boolean;
  readonly forced: boolean;
  /** `rolecall_subject` may read it. */
  readonly open: boolean;
  /** Logins with `rolecall_subject` that own it, and therefore are not held unless it is forced. */
  readonly owners: readonly string[];
}

export interface Inspector {
  /** Throws `Unreachable`, which says in a few words why. */
  database(): Promise<DatabaseInspection>;
  end(): Promise<void>;
}

/** Something outside cannot be had; the message is a few words for people, without a secret. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** What the provider's Backend API says of a secret key. */
export interface ProviderInspection {
  readonly status: number;
  /** Where it wanted to be asked instead. */
  readonly location: string | null;
  /** Null: the answer is none of the provider's. */
  readonly instance: { readonly id: string; readonly environment: string | null } | null;
  /** Ours minus the provider's clock, which it tells in whole seconds; null where it tells none. */
  readonly clockAheadMs: number | null;
  /** Moduli of the keys that sign session tokens; null where they could not be read. */
  readonly keys: readonly string[] | null;
  /** Keys of the roles that members can have; null where they could not be read. */
  readonly roles: readonly string[] | null;
}

/** What a deployment answered. */
export interface EndpointAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly html: boolean;
  /** The body, where it is JSON. */
  readonly json: unknown;
  readonly clockAheadMs: number | null;
}

/** A deployment of ours, asked from outside. Throws `Unreachable`. */
export interface Endpoint {
  readonly url: string;
  get(path: string, token?: string): Promise<EndpointAnswer>;
  /** Posts to the webhooks' path a message of this body, signed with this secret. */
  tell(secret: string, message: { readonly id: string; readonly body: string }): Promise<EndpointAnswer>;
}
