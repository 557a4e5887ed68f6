import { z } from 'zod';
import { isAgeSecret, recipientProblem } from './age-recipient.ts';
import { duration } from './quantities.ts';
import { BucketEntry, FolderEntry, KeepEntry } from './store-entry.ts';

const DAY_MS = 86_400_000;

const text = z.string({ error: 'expected a text' }).min(1, 'expected a text that is not empty');
const recipient = z.string({ error: 'expected a public key of age, age1…' }).superRefine((value, context) => {
  const message = recipientProblem(value);
  if (message !== null) context.addIssue({ code: 'custom', message });
});
const identityFile = text.refine((value) => !isAgeSecret(value), {
  error:
    'expected the name of a file: the private key itself must not stand here. Take a new one, and keep it in a file',
});

const StoreEntry = z.discriminatedUnion('type', [FolderEntry, BucketEntry.extend({ keep: KeepEntry.optional() })], {
  error: 'expected { type: file, path } or { type: s3, bucket, … }',
});
export type StoreEntry = z.infer<typeof StoreEntry>;

const AgeEntry = z.strictObject(
  {
    recipients: z
      .array(recipient, { error: 'expected a list of public keys, age1…' })
      .min(1, 'expected at least one public key; left out with encryption, backups are stored as they are'),
    identityFile: identityFile.optional(),
  },
  { error: 'expected { recipients: [age1…], identityFile }' },
);
export type AgeEntry = z.infer<typeof AgeEntry>;

/** Backups of one cluster. */
export const BackupsEntry = z.strictObject({
  store: StoreEntry,
  retention: z
    .strictObject({
      keepLast: z
        .number({ error: 'expected a whole number, 1 or more' })
        .int('expected a whole number')
        .min(1, 'expected a whole number, 1 or more')
        .optional(),
      maxAge: duration(1000).optional(),
    })
    .optional(),
  compression: z.enum(['zstd', 'none'], { error: 'expected zstd or none' }).default('zstd'),
  encryption: AgeEntry.optional(),
  /** What differs for manifests, certificates and keys of the control plane. */
  staticResources: z.strictObject({ store: StoreEntry.optional(), encryption: AgeEntry.optional() }).optional(),
  /** How old the newest good one may be before people are told. */
  maxAge: duration(60_000).default(DAY_MS),
});

/** How a worker restores backups to look into them. */
export const DrillsEntry = z.strictObject({
  folder: text.optional(),
  programs: z.array(text, { error: 'expected a list of folders' }).default([]),
});
