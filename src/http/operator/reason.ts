import * as v from 'valibot';

const LONGEST = 500;

/** A reason is for people: anything on one line that a database can keep. */
export const reason = v.pipe(v.string(), v.trim(), v.maxLength(LONGEST), v.regex(/^[^\p{Cc}\p{Cs}]*$/u));
