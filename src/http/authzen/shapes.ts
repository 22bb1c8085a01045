import * as v from 'valibot';

/**
 * The entities of AuthZEN as far as they are read. What is not named here is ignored, roles above all: who somebody is
 * comes from the store, never from the question.
 */

type JsonObject = Readonly<Record<string, unknown>>;

/** Unlike valibot's objects, not an array. */
export const jsonObject = v.custom<JsonObject>(isJsonObject);

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const scope = v.pipe(jsonObject, v.object({ type: v.string(), id: v.string() }));

const actingFor = v.optional(v.string());

// Null would ask a wider question than its sender meant (acting for nobody, in no scope): there it is an error. Both are
// made once: a schema takes longer to make than to follow.
const subjectWith = <const Entries extends v.ObjectEntries>(entries: Entries) => {
  const subjectActing = <const ActingFor extends v.GenericSchema<unknown, string | undefined>>(
    acting_for: ActingFor,
  ) =>
    v.object({
      type: v.string(),
      ...entries,
      properties: v.optional(v.pipe(jsonObject, v.object({ acting_for })), {}),
    });
  const agent = subjectActing(actingFor);
  const other = subjectActing(v.fallback(actingFor, undefined));
  return v.pipe(
    jsonObject,
    v.lazy((input) => (isAgent(input) ? agent : other)),
  );
};

const isAgent = (value: unknown): boolean => isJsonObject(value) && value['type'] === 'agent';

export const action = v.pipe(jsonObject, v.object({ name: v.string(), properties: v.optional(jsonObject) }));

const resourceWith = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(
    jsonObject,
    v.object({
      type: v.string(),
      ...entries,
      properties: v.optional(
        v.pipe(
          jsonObject,
          v.object({
            organization: v.optional(v.string()),
            scope: v.optional(scope),
            owner: v.nullish(v.string()),
            assignees: v.nullish(v.array(v.string())),
          }),
        ),
        {},
      ),
    }),
  );

const givenContext = v.pipe(
  jsonObject,
  v.object({
    organization: v.optional(v.string()),
    // Looked at by itself: one that cannot be read denies, and is no error.
    token: v.optional(v.unknown()),
    at_least_revision: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
  }),
);

const id = { id: v.string() };
export const subject = subjectWith(id);
export const resource = resourceWith(id);
export const context = v.optional(givenContext, {});

/** Of what is searched for, an id is ignored, whatever it is. */
export const anySubject = subjectWith({});
export const anyResource = resourceWith({});

export const evaluation = v.pipe(jsonObject, v.object({ subject, action, resource, context }));

export type Evaluation = v.InferOutput<typeof evaluation>;

export const evaluations = v.pipe(
  jsonObject,
  v.object({
    // Defaults: whole only together with an item.
    subject: v.optional(jsonObject),
    action: v.optional(jsonObject),
    resource: v.optional(jsonObject),
    context: v.optional(jsonObject),
    evaluations: v.optional(v.array(v.unknown()), []),
    options: v.optional(
      v.pipe(
        jsonObject,
        v.object({
          evaluations_semantic: v.optional(
            v.picklist(['execute_all', 'deny_on_first_deny', 'permit_on_first_permit']),
            'execute_all',
          ),
        }),
      ),
      {},
    ),
  }),
);

export type Semantic = v.InferOutput<typeof evaluations>['options']['evaluations_semantic'];

/** What is wrong, in words that name the place and never the value. */
export function problemOf(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  return `${v.getDotPath(issues[0]) ?? 'The body'} is missing or not what it has to be.`;
}
