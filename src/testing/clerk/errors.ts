/** A refusal in Clerk's terms; the API answers it as Clerk would, the methods throw it. */
export class ClerkRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly longMessage: string;
  readonly meta: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    longMessage = message,
    meta: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'ClerkRefusal';
    this.status = status;
    this.code = code;
    this.longMessage = longMessage;
    this.meta = meta;
  }
}

export const notFound = (what: string, id: string): ClerkRefusal =>
  new ClerkRefusal(404, 'resource_not_found', 'not found', `No ${what} was found with id ${id}.`);

export const invalid = (code: string, message: string, parameter?: string): ClerkRefusal =>
  new ClerkRefusal(422, code, message, message, parameter === undefined ? {} : { param_name: parameter });

export const forbidden = (code: string, message: string): ClerkRefusal =>
  new ClerkRefusal(403, code, message);
