import { pgRole } from 'drizzle-orm/pg-core';

/** The role of an app's own server, which may ask about anyone. */
export const rolecallReader = pgRole('rolecall_reader').existing();

/** The role of end users' sessions, which may ask about themselves. */
export const rolecallSubject = pgRole('rolecall_subject').existing();
