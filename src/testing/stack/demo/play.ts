import type { Row, StepResult, Tell } from './report.ts';
import { formatStep, formatSummary, formatTotals, teller } from './report.ts';

export type Step = (name: string, act: (tell: Tell) => Promise<void>) => Promise<void>;
export type Story = (step: Step) => Promise<void>;

class Interrupted extends Error {}
/** A step that could not be played to its end: what follows would only report its consequences. */
class Stuck extends Error {}

export type Stage = {
  readonly print: (text: string) => void;
  readonly width: number;
  readonly stopping: AbortSignal;
  /** What the whole story adds up to. */
  readonly totals?: (() => Promise<readonly Row[]>) | undefined;
};

const whenAborted = (
  signal: AbortSignal,
): { readonly promise: Promise<never>; readonly forget: () => void } => {
  let listener = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    listener = () => reject(new Interrupted());
    if (signal.aborted) listener();
    else signal.addEventListener('abort', listener, { once: true });
  });
  return { promise, forget: () => signal.removeEventListener('abort', listener) };
};

/** Plays the story and prints each step as it ends. Answers whether every promised outcome was observed. */
export const play = async (story: Story, { print, width, stopping, totals }: Stage): Promise<boolean> => {
  const results: StepResult[] = [];
  const started = performance.now();
  const step: Step = async (name, act) => {
    const { tell, rows, broken, promises } = teller();
    const interrupted = whenAborted(stopping);
    const begun = performance.now();
    let failure: unknown;
    try {
      await Promise.race([act(tell), interrupted.promise]);
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      failure = error;
      tell.promise(false, error instanceof Error ? error.message : String(error));
    } finally {
      interrupted.forget();
    }
    const result = { name, milliseconds: performance.now() - begun, promises: promises(), broken };
    results.push(result);
    print(`${formatStep(results.length, result, rows, width)}\n`);
    if (failure !== undefined) throw new Stuck(name, { cause: failure });
  };
  let finished = false;
  try {
    await story(step);
    finished = true;
  } catch (error) {
    if (error instanceof Interrupted) print('Interrupted.');
    else if (!(error instanceof Stuck)) throw error;
    else print(error.cause instanceof Error ? (error.cause.stack ?? '') : '');
  }
  // Where a step left the database down, there is nothing to add up.
  const sums = (await totals?.().catch(() => undefined)) ?? [];
  if (sums.length > 0) print(`${formatTotals(sums, width)}\n`);
  print(formatSummary(results, performance.now() - started));
  // A story that promises nothing has shown nothing.
  return (
    finished &&
    results.some(({ promises }) => promises > 0) &&
    results.every(({ broken }) => broken.length === 0)
  );
};
