import type { Stack } from '../stack.ts';
import type { Story } from './play.ts';
/** What the demo shows, step by step. */
export declare const story: (stack: Stack) => Story;
