/** The public surface of `rolecall/drizzle`, nothing else. An app's schema may export all of it: nothing is proposed. */
export { actAs, asSubject, type SessionClaims } from './act-as.ts';
export {
  hasPermission,
  iCan,
  myOrganizationId,
  myUserId,
  organizationsWith,
  revision,
  tokenIsCurrent,
} from './functions.ts';
export { held, type Place, policies, type RowPermissions } from './policies.ts';
export { rolecallReader, rolecallSubject } from './roles.ts';
export { currentPermissions, grants, members } from './views.ts';
