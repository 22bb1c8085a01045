import type { FreeSeats } from '../resolved-policy.ts';
import { fieldsOf, listOf, nameOf, type Report, wholeNumber } from './shapes.ts';

const MOST_SEATS = 1_000_000;

export function readSeats(value: unknown, report: Report): FreeSeats[] {
  const fields = fieldsOf(value, 'seats', ['free'], report);
  if (fields === null) return [];
  return listOf(fields['free'], 'seats.free', report).flatMap(
    (item, index) => readFree(item, `seats.free[${index}]`, report) ?? [],
  );
}

function readFree(value: unknown, at: string, report: Report): FreeSeats | null {
  const fields = fieldsOf(value, at, ['role', 'upTo', 'fromSeats'], report);
  if (fields === null) return null;
  const role = nameOf(fields['role'], `${at}.role`, report);
  const { upTo, fromSeats } = fields;
  const limits = {
    ...(upTo === undefined ? {} : { upTo: wholeNumber(upTo, `${at}.upTo`, 1, MOST_SEATS, report) }),
    ...(fromSeats === undefined
      ? {}
      : { fromSeats: wholeNumber(fromSeats, `${at}.fromSeats`, 2, MOST_SEATS, report) }),
  };
  return role === null ? null : { role, ...limits };
}
