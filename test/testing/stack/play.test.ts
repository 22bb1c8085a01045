import { expect, test } from 'vitest';
import { play, type Stage, type Story } from '../../../src/testing/stack/demo/play.ts';

const perform = async (story: Story, stopping = new AbortController().signal) => {
  const printed: string[] = [];
  const kept = await play(story, { print: (text) => printed.push(text), width: 60, stopping });
  return { kept, text: printed.join('\n') };
};

test('shows what arrived, changed and was refused, and how long it took', async () => {
  const { kept, text } = await perform(async (step) => {
    await step('A member is removed', async (tell) => {
      tell.arrived('organizationMembership.deleted');
      tell.changed('Ada holds nothing');
      tell.refused('the token of a minute ago');
      tell.took('received → refused', 12);
      tell.promise(true, 'refused at once');
    });
  });
  expect(kept).toBe(true);
  expect(text).toMatch(/ 1 {2}A member is removed +ok +[\d.]+ ms/);
  expect(text).toContain('    arrived  │ organizationMembership.deleted');
  expect(text).toContain('    refused  │ the token of a minute ago');
  expect(text).toContain('12 ms  received → refused');
  expect(text).toMatch(/1 steps, 1 promised outcomes, 0 broken/);
});

test('what it adds up to stands at the end, unless it cannot be had', async () => {
  const end = async (totals: Stage['totals']) => {
    const printed: string[] = [];
    const stopping = new AbortController().signal;
    await play(async () => undefined, { print: (text) => printed.push(text), width: 60, stopping, totals });
    return printed.join('\n');
  };
  expect(await end(async () => [['lost', '0 of 12']])).toMatch(/All in all\n +lost │ 0 of 12\n\n0 steps/);
  expect(await end(() => Promise.reject(new Error('the database is down')))).toMatch(/^0 steps/);
});

test('a broken promise fails the story, which goes on', async () => {
  const { kept, text } = await perform(async (step) => {
    await step('first', async (tell) => tell.promise(false, 'nobody gains'));
    await step('second', async (tell) => tell.promise(true, 'somebody loses'));
  });
  expect(kept).toBe(false);
  expect(text).toContain('2 steps, 2 promised outcomes, 1 broken');
  expect(text).toContain('first: nobody gains');
});

test('a step that throws ends the story', async () => {
  const { kept, text } = await perform(async (step) => {
    await step('first', () => Promise.reject(new Error('no answer')));
    await step('second', async (tell) => tell.promise(true, 'never played'));
  });
  expect(kept).toBe(false);
  expect(text).toContain('first: no answer');
  expect(text).not.toContain('never played');
});

test('a story that promises nothing has shown nothing', async () => {
  expect((await perform(async (step) => step('idle', async () => undefined))).kept).toBe(false);
});

test('a stop interrupts a step that waits', async () => {
  const stopping = new AbortController();
  const playing = perform(async (step) => {
    await step('waits', () => new Promise(() => stopping.abort()));
  }, stopping.signal);
  expect((await playing).kept).toBe(false);
});
