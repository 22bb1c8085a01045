import { html } from '../parts/html.ts';
import type { Page } from '../visit.ts';

/** Of an id that there is not. It is not said again: it is whatever somebody wrote into a link. */
export function nothingThere(what: string, all: string): Page {
  return {
    title: 'Nothing here',
    status: 404,
    body: html`<p class="empty">There is no such ${what}. <a href="${all}">Show all</a></p>`,
  };
}
