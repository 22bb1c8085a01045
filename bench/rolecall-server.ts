import { startNodeServer } from '../src/runtime/node.ts';

const server = await startNodeServer({ environment: process.env, port: 0, writeLog: () => undefined });
process.send?.(server.url);
process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)));
