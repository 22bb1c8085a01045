import { expect } from 'vitest';

/** Vitest's matchers are `any`, which would switch off the types of whatever they stand in. */
export const anyText: unknown = expect.any(String);
export const anyNumber: unknown = expect.any(Number);
export const anyList: unknown = expect.any(Array);
export const textLike = (pattern: RegExp): unknown => expect.stringMatching(pattern);
