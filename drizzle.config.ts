import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/store/postgres/schema/index.ts',
  out: './drizzle',
  schemaFilter: ['rolecall'],
  migrations: { schema: 'rolecall', table: 'migrations' },
});
