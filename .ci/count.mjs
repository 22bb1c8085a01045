// Counts vitest's report honestly: a file that did not load, an unhandled error or a red check is a failure
// even when every test that ran has passed. Skipped tests count as nothing.
import { readFileSync } from 'node:fs';

const [report, checked, ...others] = process.argv.slice(2);

function readReport() {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    return [];
  }
}

const files = readReport();
const count = (status) =>
  files.flatMap((file) => file.assertionResults).filter((test) => test.status === status).length;
const unloaded = files.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;

let passed = count('passed');
let failed = count('failed') + unloaded;
if (checked !== '0' && failed === 0) failed += 1;
for (const code of others) {
  if (code === '0') passed += 1;
  else failed += 1;
}
console.log(passed, failed);
