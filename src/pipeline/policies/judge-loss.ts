import type { Holders } from '../ports.ts';

/** So few may lose access without anybody being asked, however small their organization is. */
const ALWAYS = 20;
const SHARE = 0.05;

/** What is inferred, not told by the provider, waits for an operator when it takes access from more than this. */
function mostWhoMayLose(members: number): number {
  return Math.max(ALWAYS, SHARE * members);
}

export function losesTooMany({ losing, members, organizations }: Holders): boolean {
  return (
    losing > mostWhoMayLose(members) || organizations.some((one) => one.losing > mostWhoMayLose(one.members))
  );
}
