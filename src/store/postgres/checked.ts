import * as v from 'valibot';
import { StoreUnavailable } from '../../pipeline/ports.ts';

/** An answer of another shape comes from a database that does not fit this code: not one to go on with. */
export function checked<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new StoreUnavailable('the database does not fit this version of Rolecall');
  return parsed.output;
}
