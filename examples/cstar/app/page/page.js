// Layer 1, the page: it shows the button only while Rolecall says that it would work.
import { followRights } from './rights.js';
import { signIn } from './sign-in.js';

const sentences = {
  member: '',
  'no member': 'You are no member of this team.',
  'signed out': 'You are signed out.',
  unknown: 'What you may do is being looked up again …',
};

const organization = location.pathname.slice(1);
const { rolecall } = await (await fetch('/settings')).json();
const getToken = await signIn(new URLSearchParams(location.search).get('as'));

let permissions = new Set();
let tickets = [];

await followRights({
  rolecall,
  organization,
  getToken,
  async onChange(now) {
    permissions = now.permissions;
    document.querySelector('[role=status]').textContent = sentences[now.standing];
    show();
    if (permissions.has('view_tickets')) await load();
  },
});

async function load() {
  const response = await api('GET', '');
  tickets = response.ok ? await response.json() : [];
  show();
}

/** The permissions may have changed while the tickets were fetched: they are asked for here, and nowhere else. */
function show() {
  if (!permissions.has('view_tickets')) tickets = [];
  document.querySelector('ul').replaceChildren(...tickets.map(item));
}

function item({ id, subject }) {
  const line = document.createElement('li');
  line.append(subject, ' ');
  if (permissions.has('delete_tickets')) {
    const button = document.createElement('button');
    button.textContent = 'Delete';
    button.onclick = async () => {
      await api('DELETE', `/${id}`);
      await load();
    };
    line.append(button);
  }
  return line;
}

async function api(method, path) {
  const authorization = `Bearer ${await getToken()}`;
  return fetch(`/api/${organization}/tickets${path}`, { method, headers: { authorization } });
}
