import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

/** Where what the browser is given stands, made of `src/console/browser/`. */
export const CONSOLE_ASSETS = 'src/console/generated.ts';

/** Script and style sheet of the console as constants: on Workers there is no disk to read them from. */
export function consoleAssets(): string {
  const constants = [
    ['SCRIPT', made('console.ts', { loader: 'ts', target: 'es2023', format: 'esm' })],
    ['STYLE', made('console.css', { loader: 'css', target: 'chrome123' })],
  ] as const;
  const lines = constants.map(([name, text]) => `export const ${name} = ${literal(text)};\n`);
  return `// Made by \`npm run generate:console\`.\n${lines.join('')}`;
}

function made(file: string, how: Parameters<typeof transformSync>[1]): string {
  const source = readFileSync(new URL(`../../src/console/browser/${file}`, import.meta.url), 'utf8');
  return transformSync(source, { ...how, minify: true }).code;
}

function literal(text: string): string {
  return `\`${text.trimEnd().replaceAll(/[\\`]|\$\{/g, (one) => `\\${one}`)}\n\``;
}
