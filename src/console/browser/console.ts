/** What the pages of the console do by themselves. Everything that is shown was made by the server. */

const EVERY_MS = 4_000;
const SAID = 'rolecall-said';
const NO_KEYS = 'rolecall-no-keys';

/** The server takes changes with this header only, which no page of another site can send. */
const headers = { 'rolecall-console': '1' };

function element(id: string): HTMLElement | null {
  return document.getElementById(id);
}

function say(id: string, words: string): void {
  const place = element(id);
  if (place !== null && place.textContent !== words) place.textContent = words;
}

/** What was said to be shown after the way to the next page. */
function sayWhatWasLeft(): void {
  const said = sessionStorage.getItem(SAID);
  sessionStorage.removeItem(SAID);
  if (said !== null) say('said', said);
}

interface Answered {
  readonly go?: string | null;
  readonly said?: string;
  readonly error?: { readonly message: string };
}

const NO_ANSWER = 'The server did not answer. Nothing is known to have changed.';

async function answerTo(form: HTMLFormElement, submitter: HTMLElement | null): Promise<Answered> {
  const fields = [...new FormData(form, submitter)].flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value]] : [],
  );
  try {
    const body = new URLSearchParams(fields);
    const own = submitter instanceof HTMLButtonElement && submitter.hasAttribute('formaction');
    const response = await fetch(own ? submitter.formAction : form.action, { method: 'POST', headers, body });
    return (await response.json()) as Answered;
  } catch {
    // There was none, or it is a proxy's page.
    return { error: { message: NO_ANSWER } };
  }
}

async function send(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  const refusal = form.querySelector('.refusal');
  if (refusal !== null) refusal.textContent = '';
  form.setAttribute('aria-busy', 'true');
  const { error, go, said } = await answerTo(form, submitter);
  if (error === undefined) {
    if (said !== undefined && said !== '') sessionStorage.setItem(SAID, said);
    if (typeof go === 'string') location.assign(new URL(go, form.action));
    else location.reload();
    return;
  }
  form.removeAttribute('aria-busy');
  if (refusal === null) say('said', error.message);
  else refusal.textContent = error.message;
}

addEventListener('submit', (event) => {
  const form = event.target;
  // `form.method` would be a field of that name, if there were one.
  if (!(form instanceof HTMLFormElement) || form.getAttribute('method') !== 'post') return;
  event.preventDefault();
  if (form.getAttribute('aria-busy') !== 'true') void send(form, event.submitter);
});

/** Somebody reads, types or chooses in there. */
function isInUse(part: Element): boolean {
  const selection = getSelection();
  const selects = selection !== null && !selection.isCollapsed && part.contains(selection.anchorNode);
  return (
    selects ||
    part.contains(document.activeElement) ||
    part.querySelector('input:checked, details[open]') !== null
  );
}

/** Puts the parts that have changed since into their places. */
async function refresh(): Promise<void> {
  const parts = [...document.querySelectorAll('[data-live]')];
  if (parts.length === 0 || document.hidden) return;
  try {
    const response = await fetch(location.href, { headers });
    if (response.status === 401) return say('behind', 'You are signed out. Reload to sign in again.');
    if (!response.ok) throw new Error(String(response.status));
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const part of parts) {
      const next = fresh.getElementById(part.id);
      if (next !== null && next.outerHTML !== part.outerHTML && !isInUse(part)) part.replaceWith(next);
    }
    say('behind', '');
  } catch {
    say('behind', 'The server does not answer: this page is as it was.');
  }
}

async function keepFresh(): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    await refresh();
  }
}

let went = Number.NEGATIVE_INFINITY;

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, select, textarea, dialog, [contenteditable]') !== null
  );
}

function showKeys(): void {
  const dialog = element('keys');
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target))
    return;
  if (localStorage.getItem(NO_KEYS) !== null) return;
  const following = event.timeStamp - went < 1_500;
  went = Number.NEGATIVE_INFINITY;
  if (following) {
    const link = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
    if (link instanceof HTMLAnchorElement) link.click();
  } else if (event.key === 'g') went = event.timeStamp;
  else if (event.key === '?') showKeys();
  else if (event.key === '/') {
    const field = document.querySelector('[data-first]');
    if (!(field instanceof HTMLElement)) return;
    event.preventDefault();
    field.focus();
  }
});

element('ask-keys')?.addEventListener('click', showKeys);
const keysOn = element('keys-on');
if (keysOn instanceof HTMLInputElement) {
  keysOn.checked = localStorage.getItem(NO_KEYS) === null;
  keysOn.addEventListener('change', () => {
    if (keysOn.checked) localStorage.removeItem(NO_KEYS);
    else localStorage.setItem(NO_KEYS, '1');
  });
}

// On a phone the menu is wider than the screen.
document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
sayWhatWasLeft();
void keepFresh();
