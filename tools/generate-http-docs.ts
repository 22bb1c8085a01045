import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './http-docs/generated.ts';

for (const [path, content] of Object.entries(generatedFiles()))
  writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), content);
