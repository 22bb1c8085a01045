import { setTimeout as delay } from 'node:timers/promises';

const patience = 15_000;

const ask = async (url: string): Promise<string> => {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    const body = await answer.text();
    return answer.ok ? 'ready' : `${answer.status} ${body}`;
  } catch (error) {
    return String(error);
  }
};

export const untilReady = async (url: string, lastWords: () => string): Promise<void> => {
  const deadline = performance.now() + patience;
  for (;;) {
    const said = await ask(url);
    if (said === 'ready') return;
    if (performance.now() > deadline) {
      throw new Error(`The worker did not become ready. It answered: ${said}\n${lastWords()}`);
    }
    await delay(50);
  }
};
