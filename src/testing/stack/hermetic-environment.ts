import { join } from 'node:path';

/**
 * What keeps wrangler from the network, from questions and from the home folder, which may not be writable.
 * Set before wrangler is imported: it reads some of these while it loads.
 */
export const hermeticEnvironment = (folder: string): Readonly<Record<string, string>> => ({
  CI: '1',
  DO_NOT_TRACK: '1',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_WRITE_LOGS: 'false',
  WRANGLER_LOG: 'warn',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  CLOUDFLARE_INCLUDE_PROCESS_ENV: 'false',
  // Asked for before bindings are looked at, where the real one is: children inherit what stands here.
  CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE: 'postgres://none:none@127.0.0.1:1/none',
  CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'false',
  WRANGLER_REGISTRY_PATH: join(folder, 'wrangler', 'registry'),
  WRANGLER_CACHE_DIR: join(folder, 'wrangler', 'cache'),
  XDG_CONFIG_HOME: join(folder, 'wrangler', 'config'),
});

/** Requests between the parts stay on this machine, whatever proxy the shell was given. */
const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'];

export const enterHermeticEnvironment = (folder: string): void => {
  Object.assign(process.env, hermeticEnvironment(folder));
  for (const name of proxies) delete process.env[name];
};
