import type { OperatorToken } from '../http/bearer.ts';
import { type Html, html } from './parts/html.ts';
import type { Page } from './visit.ts';

/** The parts of the console in the order of the menu, each with the key that leads to it after `g`. */
export const SECTIONS = {
  status: { path: '', name: 'Status', key: 's' },
  deliveries: { path: '/deliveries', name: 'Deliveries', key: 'd' },
  replays: { path: '/replays', name: 'Replays', key: 'r' },
  effects: { path: '/effects', name: 'Effects', key: 'e' },
  holds: { path: '/holds', name: 'Holds', key: 'h' },
  members: { path: '/members', name: 'Members', key: 'm' },
  drift: { path: '/reconciliations', name: 'Drift', key: 'c' },
  audit: { path: '/audit', name: 'Audit', key: 'a' },
} as const;

export type Section = keyof typeof SECTIONS;

const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2f5d50"/><path d="M8 16.5l5.2 5.2L24.5 10" fill="none" stroke="#fff" stroke-width="3.6" stroke-linecap="round" stroke-linejoin="round"/></svg>',
)}`;

/** A whole page. */
export function layout(root: string, section: Section, operator: OperatorToken, page: Page): Html {
  const links = Object.entries(SECTIONS).map(
    ([key, one]) =>
      html`<li><a href="${root}${one.path}" data-key="${one.key}" ${key === section ? html`aria-current="page"` : ''}>${one.name}</a></li>`,
  );
  return paper(
    root,
    page.title,
    html`<a class="skip" href="#main">Skip to content</a>
<header class="side">
  <a class="brand" href="${root}"><img src="${ICON}" alt="" width="24" height="24">Rolecall</a>
  <nav aria-label="Console"><ul>${links}</ul></nav>
  <div class="who">
    <p><strong>${operator.name}</strong>${operator.mayWrite ? '' : html` <span class="may">may only look</span>`}</p>
    <form method="post" action="${root}/sign-out"><button class="quiet">Sign out</button></form>
    <button class="quiet" id="ask-keys" type="button">Keys <kbd>?</kbd></button>
  </div>
</header>
<main id="main" tabindex="-1"><h1>${page.title}</h1>${page.body}</main>
<p id="said" role="status"></p>
<p id="behind" role="status"></p>
${keys()}`,
  );
}

/** A page for whoever is not, or cannot be, signed in. */
function bare(root: string, title: string, body: Html): Html {
  return paper(
    root,
    title,
    html`<main id="main" class="bare"><p class="brand"><img src="${ICON}" alt="" width="24" height="24">Rolecall</p><h1>${title}</h1>${body}</main>`,
  );
}

export function signInPage(root: string): Html {
  return bare(
    root,
    'Sign in',
    html`<p>With an operator’s token: one of <code>ROLECALL_OPERATOR_TOKEN</code>.</p>
<form method="post" action="${root}/sign-in" class="stack">
  <label class="field">Token <input name="token" type="password" required maxlength="512" autocomplete="current-password" autofocus></label>
  <button class="main">Sign in</button>
  <p class="refusal" role="alert"></p>
  <noscript><p class="refusal">The console needs its script: only with it are changes accepted.</p></noscript>
</form>`,
  );
}

export function unavailablePage(root: string): Html {
  return bare(
    root,
    'The database does not answer',
    html`<p>Nothing can be shown while Rolecall cannot reach Postgres. What Clerk sends meanwhile is kept by the queue or sent again by Clerk: nothing is lost.</p>
<p><a href="">Try again</a></p>`,
  );
}

function paper(root: string, title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Rolecall</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="${root}/console.css">
<script type="module" src="${root}/console.js"></script>
</head>
<body>${body}</body>
</html>`;
}

function keys(): Html {
  const rows = [
    ['/', 'to the filter of this page'],
    ...Object.values(SECTIONS).map(({ key, name }) => [`g ${key}`, name]),
    ['?', 'this list'],
  ];
  return html`<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>
<dl class="keys">${rows.map(([key = '', what]) => html`<div><dt>${key.split(' ').map((one) => html`<kbd>${one}</kbd> `)}</dt><dd>${what}</dd></div>`)}</dl>
<form method="dialog"><label><input type="checkbox" id="keys-on" checked> Use these keys</label> <button>Close</button></form></dialog>`;
}
