/**
 * What the shell is in which a test starts a process: where programs are, and where this run of the tests keeps what is
 * temporary and what Node.js has compiled. Nothing else of the environment that the tests run in.
 */
export const shell = {
  PATH: process.env['PATH'],
  TMPDIR: process.env['TMPDIR'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
};
