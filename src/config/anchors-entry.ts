import { z } from 'zod';
import { BucketEntry, FolderEntry, KeepEntry } from './store-entry.ts';

/** Where heads of the audit chain are kept. */
export const AnchorsEntry = z.discriminatedUnion(
  'type',
  [
    FolderEntry,
    BucketEntry.extend({
      retention: z.union([z.literal('none'), KeepEntry], {
        error:
          'expected { for: 365d }, a day or more, perhaps with mode: compliance or governance; or none: then whoever may write to the bucket can remove anchors',
      }),
    }),
  ],
  { error: 'expected { type: file, path } or { type: s3, bucket, retention, … }' },
);
export type AnchorsEntry = z.infer<typeof AnchorsEntry>;
