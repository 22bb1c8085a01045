import type { Route } from '../../http/app.ts';
import { refuseOperator } from '../../http/operator/authorize.ts';
import { open } from '../route.ts';
import { closeSession, openSession, operatorWith } from '../session.ts';

/** A wrong token is counted with those of the operators' interface; a right one is taken however many were wrong. */
export const signIn: Route = open('/console/sign-in', async (c, services, form) => {
  const operator = operatorWith((form.get('token') ?? '').trim(), services);
  if (operator === null) return refuseOperator(c, services, 'That is no operator’s token.');
  await openSession(c, services, operator);
  services.log.info('console_signed_in', { by: operator.name });
  return { go: null, said: '' };
});

export const signOut: Route = open('/console/sign-out', async (c, services) => {
  await closeSession(c, services);
  return { go: '', said: '' };
});
