import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from 'postgres';
import * as v from 'valibot';
import { Change, FeedCopy, Line } from './feed-copy.ts';
import { differences } from './judge-access.ts';
import type { Finding } from './run.ts';

/** Asks one process or another, whichever comes next. */
export type Ask = (path: string, signal: AbortSignal) => Promise<Response>;

const Page = v.object({ epoch: v.string(), changes: v.array(Change), next: v.number() });

/** Keeps a copy as an app does, across whatever happens to the processes that it reads from. */
export class FeedReader {
  readonly #ask: Ask;
  readonly #broken: string[] = [];
  readonly #told = new Map<number, string>();
  #copy = new FeedCopy();
  readonly #stopping = new AbortController();
  #following: Promise<void> = Promise.resolve();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  async start(): Promise<void> {
    this.#copy = FeedCopy.from(await this.#snapshot());
    this.#following = this.#follow();
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Catches up with the database, and compares what it has with what it would be given now. */
  async judge(auditor: Sql): Promise<Finding[]> {
    const [counter] = await auditor<{ revision: string }[]>`select revision from rolecall.counter`;
    const head = Number(counter?.revision);
    const until = performance.now() + 30_000;
    while (this.#copy.revision < head && performance.now() < until && this.#broken.length === 0)
      await delay(50);
    this.#stopping.abort();
    await this.#following;

    const fresh = FeedCopy.from(await this.#snapshot());
    const rows = await auditor<{ of: string; at: string }[]>`
      select 'member ' || organization_id || '/' || user_id as of, cutoff as at from rolecall.pairs where cutoff is not null
      union all select 'user ' || id, cutoff from rolecall.users where cutoff is not null
      union all select 'role ' || key, cutoff from rolecall.role_keys where cutoff is not null
      union all select 'organization ' || id, cutoff from rolecall.organizations where cutoff is not null`;
    const cutoffs = [...this.#copy.cutoffs].filter(([of]) => !of.startsWith('session '));
    return [
      {
        promise: 'the feed has no gap, no change of order and is never rewritten',
        checked: this.#told.size,
        broken: [...this.#broken, ...(await this.#rewritten())],
      },
      {
        promise: 'a copy kept from the feed is what a new one would be',
        checked: fresh.lines().length,
        broken: [
          ...(this.#copy.revision < head ? [`it stands at ${this.#copy.revision} of ${head}`] : []),
          ...differences(fresh.lines(), this.#copy.lines()),
        ],
      },
      {
        promise: 'the feed told of every cutoff',
        checked: rows.length,
        broken: differences(
          rows.map(({ of, at }) => `${of} ${at}`),
          cutoffs.map(([of, at]) => `${of} ${at}`),
        ),
      },
    ];
  }

  async #follow(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const { revision, epoch } = this.#copy;
      try {
        const page = await this.#page(
          `/v1/changes?after=${revision}&epoch=${epoch}&wait=1`,
          this.#stopping.signal,
        );
        if (page !== undefined) this.#take(page);
        else await delay(100);
      } catch {
        // Whoever was asked is gone; the next one knows as much.
        if (!this.#stopping.signal.aborted) await delay(50);
      }
    }
  }

  #take({ changes, next }: v.InferOutput<typeof Page>): void {
    for (const change of changes) {
      if (change.revision !== this.#copy.revision + 1) {
        this.#broken.push(`${this.#copy.revision} was followed by ${change.revision}`);
      }
      this.#told.set(change.revision, lasting(change));
      this.#copy.apply(change);
    }
    if (next !== this.#copy.revision) this.#broken.push(`${next} was said to follow ${this.#copy.revision}`);
  }

  /** Undefined where the one that was asked cannot answer now. */
  async #page(path: string, signal: AbortSignal): Promise<v.InferOutput<typeof Page> | undefined> {
    const answer = await this.#ask(path, AbortSignal.any([signal, AbortSignal.timeout(10_000)]));
    const body = await answer.text();
    if (answer.status === 410) this.#broken.push(`${path} was answered with ${body}`);
    return answer.ok ? v.parse(Page, JSON.parse(body)) : undefined;
  }

  /** What was told once is told again the same, after every crash of the database. */
  async #rewritten(): Promise<string[]> {
    const first = Math.min(...this.#told.keys()) - 1;
    const broken: string[] = [];
    for (let after = first; this.#told.size > 0 && after < this.#copy.revision; ) {
      const page = await this.#page(`/v1/changes?after=${after}&limit=1000`, AbortSignal.timeout(30_000));
      if (page === undefined || page.changes.length === 0)
        return [...broken, `nothing is told after ${after}`];
      for (const change of page.changes) {
        const before = this.#told.get(change.revision);
        if (before !== lasting(change))
          broken.push(`${change.revision} was ${before}, and is ${lasting(change)}`);
      }
      after = page.next;
    }
    return broken;
  }

  async #snapshot(): Promise<Line[]> {
    const answer = await this.#ask('/v1/snapshot', AbortSignal.timeout(30_000));
    const lines = (await answer.text()).trim().split('\n');
    const read = lines.map((line) => v.parse(Line, JSON.parse(line)));
    if (read.at(-1)?.kind !== 'end') throw new Error(`the snapshot has no end (${answer.status})`);
    return read;
  }
}

/** Whether the user is suspended is told as of the reading. */
const lasting = ({ suspended: _, ...change }: Change): string => JSON.stringify(change);
