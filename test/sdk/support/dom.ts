import { Window } from 'happy-dom';

// React looks for a document once, when it is imported: this file has to be imported before it. Nothing else of a browser
// is put in place, so that requests and streams stay those of the runtime.
const window = new Window({ url: 'https://app.example' });
Object.assign(globalThis, { window, document: window.document });
