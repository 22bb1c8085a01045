import * as v from 'valibot';
import type { SearchStore } from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import type { Statements } from './client.ts';

const candidates = v.array(v.string());

export function postgresSearchStore(statements: Statements): SearchStore {
  const find = async (name: string, wanted: unknown) =>
    checked(candidates, await statements.call(name, wanted));
  return {
    findHolders: (wanted) => find('find_holders', wanted),
    findAgents: (wanted) => find('find_agents', wanted),
    findOrganizations: (wanted) => find('find_organizations', wanted),
    findResources: (wanted) => find('find_resources', wanted),
  };
}
