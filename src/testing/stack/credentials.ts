import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';

const Credentials = v.object({
  instanceId: v.string(),
  secretKey: v.string(),
  signingSecret: v.string(),
  privateKeyPem: v.string(),
  readToken: v.string(),
  operatorToken: v.string(),
  serviceLogin: v.string(),
  readerLogin: v.string(),
});
export type Credentials = Readonly<v.InferOutput<typeof Credentials>>;

const random = (bytes = 24): string => randomBytes(bytes).toString('base64url');

const make = (): Credentials => ({
  instanceId: `ins_${randomBytes(14).toString('hex').slice(0, 27)}`,
  secretKey: `sk_test_${random(32)}`,
  signingSecret: `whsec_${randomBytes(24).toString('base64')}`,
  privateKeyPem: generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
  readToken: `read_${random()}`,
  operatorToken: `operate_${random()}`,
  serviceLogin: random(),
  readerLogin: random(),
});

/** Random for every folder, and kept: the database stays pinned to the instance, and tokens in scripts work on. */
export const credentialsIn = async (folder: string): Promise<Credentials> => {
  const file = join(folder, 'development.json');
  const stored = await readFile(file, 'utf8').catch(() => undefined);
  if (stored !== undefined) return v.parse(Credentials, JSON.parse(stored));
  const made = make();
  await mkdir(folder, { recursive: true });
  await writeFile(`${file}.new`, JSON.stringify(made, null, 2), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return made;
};
