import { z } from 'zod';
import { duration } from './quantities.ts';

const text = z.string({ error: 'expected a text' }).min(1, 'expected a text that is not empty');
const flag = z.boolean({ error: 'expected true or false' });
const DAY_MS = 86_400_000;

const bucket = z.string({ error: 'expected the name of a bucket' }).regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
  error: 'expected the name of a bucket: 3 to 63 small letters, digits, dots and hyphens',
});
const address = z
  .string({ error: 'expected an address such as https://s3.example.com' })
  .refine(isAddress, { error: 'expected an address such as https://s3.example.com, without user, path and query' });

function isAddress(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false;
  return url.username === '' && url.password === '' && url.search === '' && url.hash === '' && url.pathname === '/';
}

const Encryption = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('aes256') }),
    /** `key`: id or ARN; left out, the key of the account. */
    z.strictObject({ type: z.literal('kms'), key: text.optional() }),
  ],
  { error: 'expected { type: aes256 } or { type: kms, key }' },
);

/** A folder. */
export const FolderEntry = z.strictObject({ type: z.literal('file'), path: text });

/** A bucket of S3 or of a compatible server; whoever uses it adds whether what lies in it has to be kept. */
export const BucketEntry = z.strictObject({
  type: z.literal('s3'),
  bucket,
  prefix: text
    .regex(
      /^[\w=@+-][\w.=@+-]*(\/[\w=@+-][\w.=@+-]*)*\/?$/,
      'expected parts of letters, digits and ._=@+- with / between',
    )
    .optional(),
  region: text.optional(),
  endpoint: address.optional(),
  forcePathStyle: flag.optional(),
  credentials: text.optional(),
  encryption: Encryption.optional(),
});
export type BucketEntry = z.infer<typeof BucketEntry>;

/** How long a bucket keeps an object, and whether nobody (`compliance`) or only who may bypass it (`governance`) can shorten it. */
export const KeepEntry = z.strictObject(
  {
    for: duration(DAY_MS),
    mode: z.enum(['compliance', 'governance'], { error: 'expected compliance or governance' }).default('compliance'),
  },
  { error: 'expected { for: 30d }, a day or more, perhaps with mode: compliance or governance' },
);
export type KeepEntry = z.infer<typeof KeepEntry>;
