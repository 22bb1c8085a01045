import * as v from 'valibot';

declare const Credentials: v.ObjectSchema<
  {
    readonly instanceId: v.StringSchema<undefined>;
    readonly secretKey: v.StringSchema<undefined>;
    readonly signingSecret: v.StringSchema<undefined>;
    readonly privateKeyPem: v.StringSchema<undefined>;
    readonly readToken: v.StringSchema<undefined>;
    readonly operatorToken: v.StringSchema<undefined>;
  },
  undefined
>;
export type Credentials = Readonly<v.InferOutput<typeof Credentials>>;
/** Random for every folder, and kept: the database stays pinned to the instance, and tokens in scripts work on. */
export declare const credentialsIn: (folder: string) => Promise<Credentials>;
