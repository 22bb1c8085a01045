import { OPERATIONS } from '../../src/http/openapi/operations.ts';
import { openapiOf } from './document.ts';
import { markdownOf } from './markdown.ts';

/** Files that are made of the descriptions of the routes, by their paths in the repository. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'src/http/openapi/generated.ts': sourceOf(openapiOf(OPERATIONS)),
    'docs/http.md': markdownOf(OPERATIONS),
  };
}

/** A line each path, so that a change can be read. Whoever serves it needs nothing of what made it. */
function sourceOf({ paths, ...rest }: ReturnType<typeof openapiOf>): string {
  const lines = Object.entries(paths).map(([path, one]) => `${JSON.stringify(path)}:${JSON.stringify(one)}`);
  const head = JSON.stringify(rest).slice(0, -1);
  const text = `${head},"paths":{\n${lines.join(',\n')}\n}}`;
  const literal = text.replaceAll(/[\\`]|\$\{/g, (one) => `\\${one}`);
  return `// Made by \`npm run generate:docs\`.\nexport const OPENAPI = \`${literal}\n\`;\n`;
}
