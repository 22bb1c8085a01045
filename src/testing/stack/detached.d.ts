import { type Program } from './child.ts';
/**
 * Runs a program in a process group of its own. A Ctrl-C goes to every process of the terminal's group, and
 * would kill workerd and Postgres before the work on its way is finished: here only the parent hears it.
 * To be called once, by the file that `npm` starts, which is started again as the child.
 */
export declare const runDetached: (entry: string, program: Program) => Promise<void>;
