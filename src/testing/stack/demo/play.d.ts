import type { Tell } from './report.ts';

type Step = (name: string, act: (tell: Tell) => Promise<void>) => Promise<void>;
export type Story = (step: Step) => Promise<void>;
export type Stage = {
  readonly print: (text: string) => void;
  readonly width: number;
  readonly stopping: AbortSignal;
};
/** Plays the story and prints each step as it ends. Answers whether every promised outcome was observed. */
export declare const play: (story: Story, { print, width, stopping }: Stage) => Promise<boolean>;
