import { existsSync, statSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ResolvedPolicy, resolvePolicy } from '../../policy/index.ts';
import { context } from '../context.ts';
import { fail } from '../output.ts';

/** The policy that a file exports by default, resolved; ends the command with everything that is wrong with it. */
export async function policyIn(file: string, options: { readonly json?: true }): Promise<ResolvedPolicy> {
  const loaded = await loadPolicy(file);
  return 'problems' in loaded ? fail(options, loaded.problems) : loaded.policy;
}

async function loadPolicy(
  file: string,
): Promise<{ policy: ResolvedPolicy } | { problems: readonly string[] }> {
  const path = resolve(context().cwd, file);
  if (!existsSync(path) || !statSync(path).isFile()) return { problems: [`there is no file ${file}`] };
  const withdraw = offerThisVocabulary();
  try {
    const exported = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
    if (exported['default'] === undefined) return { problems: [`${file} has no default export`] };
    return { policy: resolvePolicy(exported['default']) };
  } catch (error) {
    return { problems: problemsOf(error, file) };
  } finally {
    withdraw();
  }
}

/**
 * `rolecall/policy` leads to this very version, wherever the file lies and whether this runs from its sources or built.
 * Node.js before 22.15 lacks such hooks; there the file's own installation is found, as for any package.
 */
function offerThisVocabulary(): () => void {
  if (typeof nodeModule.registerHooks !== 'function') return () => undefined;
  const url = new URL(`../../policy/index${extname(fileURLToPath(import.meta.url))}`, import.meta.url).href;
  const hooks = nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'rolecall/policy' ? { url, shortCircuit: true } : next(specifier, context),
  });
  return () => hooks.deregister();
}

function problemsOf(error: unknown, file: string): readonly string[] {
  const { code, problems, message } = (
    typeof error === 'object' && error !== null ? error : { message: String(error) }
  ) as { code?: unknown; problems?: unknown; message?: unknown };
  // By its code: the file may have found another installation of this package, with a class of its own.
  if (code === 'invalid_policy' && Array.isArray(problems)) return problems.map(String);
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return [`${file} cannot be read by this Node.js: TypeScript needs 22.18 or newer`];
  }
  return [`${file} could not be loaded: ${String(message)}`];
}
