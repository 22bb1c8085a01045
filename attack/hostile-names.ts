/**
 * What somebody may call themselves at Clerk. Each would be markup, or end what it stands in, wherever it is not made
 * text, and each holds a word that is found again: `owned`.
 */
export const HOSTILE_NAMES: readonly string[] = [
  '<owned onload=owned()>',
  '"><owned>',
  "'><owned>",
  '" onowned="owned()" x="',
  "' onowned='owned()' x='",
  '</title><owned>',
  '</script><owned>',
  '</textarea><owned>',
  '--><owned>',
  ']]><owned>',
  '<img src=x onerror=owned()>',
  '<svg/onload=owned()>',
  'javascript:owned()',
  '&lt;owned&gt; &#60;owned&#62;',
  '{{owned()}} <%= owned() %> #{owned()}',
  '\u202e<owned>\u2066',
  '<owned\u2028>',
  '\r\nset-cookie: owned=1\r\n\r\n<owned>',
  '=owned()|"<owned>"',
];
