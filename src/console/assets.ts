import type { Route } from '../http/app.ts';
import { protect } from './answer.ts';
import { SCRIPT, STYLE } from './generated.ts';

/** Script and style sheet, for anybody: they tell nothing. */
export const ASSETS: readonly Route[] = [
  asset('/console/console.js', 'text/javascript; charset=utf-8', SCRIPT),
  asset('/console/console.css', 'text/css; charset=utf-8', STYLE),
];

function asset(path: string, type: string, text: string): Route {
  return {
    method: 'GET',
    path,
    handler(c) {
      protect(c);
      return c.body(text, 200, { 'content-type': type });
    },
  };
}
