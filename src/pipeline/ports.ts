/** What the pipeline needs of a store, a provider and its surroundings, an idea a file. */
export * from './ports/commit.ts';
export * from './ports/delivery.ts';
export * from './ports/effects.ts';
export * from './ports/feed.ts';
export * from './ports/inbox.ts';
export * from './ports/listing.ts';
export * from './ports/policies.ts';
export * from './ports/provider.ts';
export * from './ports/reading.ts';
export * from './ports/replays.ts';
export * from './ports/search.ts';
export * from './ports/standing.ts';
export * from './ports/store.ts';
export * from './ports/surroundings.ts';
export * from './ports/webhooks.ts';
