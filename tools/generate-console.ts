import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CONSOLE_ASSETS, consoleAssets } from './console/assets.ts';

writeFileSync(fileURLToPath(new URL(`../${CONSOLE_ASSETS}`, import.meta.url)), consoleAssets());
