import { z } from 'zod';
import { BackupFile, BackupManifest } from '../../src/core/backup/manifest.ts';
import { RingIdentity } from '../../src/core/etcd/identity.ts';
import type { Json } from '../../src/core/json.ts';

/** Input of `backup.take@1`. Nothing in it is a measurement. */
export const TakeInput = z.object({
  ring: RingIdentity,
  /** Who was asked for by name; `null`: chosen by rule when the step begins. */
  member: z.object({ id: z.string().min(1), label: z.string().min(1) }).nullable(),
});
export type TakeInput = z.infer<typeof TakeInput>;

/** What was read of the member and its ring right before the snapshot was begun. */
export const SnapshotFacts = BackupManifest.pick({
  id: true,
  createdAt: true,
  identity: true,
  member: true,
  versions: true,
  revision: true,
  raftIndex: true,
  raftTerm: true,
  keys: true,
  hashKv: true,
  hashes: true,
  members: true,
  alarms: true,
  encryptionAtRest: true,
});
export type SnapshotFacts = z.infer<typeof SnapshotFacts>;

/** What `backup.take@1` leaves for the steps after it. */
export const TakeOutput = z.object({
  taken: z.literal('snapshot'),
  facts: SnapshotFacts,
  file: BackupFile,
  /** What could not be recorded, as sentences. */
  notes: z.array(z.string()),
});
export type TakeOutput = z.infer<typeof TakeOutput>;

/** Input of `backup.static@1`. */
export const StaticInput = z.object({
  /** Of the node shell, as it was configured when the plan was made. */
  image: z.string().min(1),
});
export type StaticInput = z.infer<typeof StaticInput>;

/** What `backup.static@1` leaves: the file, or why there is none. */
export const StaticOutput = z.object({
  taken: z.literal('static'),
  file: BackupFile.nullable(),
  /** Without a period. */
  snapshotOnly: z.string().min(1).nullable(),
});
export type StaticOutput = z.infer<typeof StaticOutput>;

/** Input of `backup.publish@1`. */
export const PublishInput = z.object({
  by: z.string().min(1),
  note: z.string().nullable(),
  /** Why the plan takes no static files; `null`: it does, or the platform has none. */
  snapshotOnly: z.string().min(1).nullable(),
});
export type PublishInput = z.infer<typeof PublishInput>;

/** What `backup.publish@1` leaves. */
export const PublishOutput = z.object({
  published: BackupManifest,
  notes: z.array(z.string()),
});
export type PublishOutput = z.infer<typeof PublishOutput>;

/** Input of `backup.retain@1`: the limits as they were approved. */
export const RetainInput = z.object({
  keepLast: z.int().positive().nullable(),
  maxAgeMs: z.number().positive().nullable(),
});
export type RetainInput = z.infer<typeof RetainInput>;

/** The output of an earlier step. @throws Error when there is none: the plan was not run in order. */
export function outputOf<T>(outputs: readonly Json[], schema: z.ZodType<T>, what: string): T {
  const found = findOutput(outputs, schema);
  if (found === null) throw new Error(`no step before this one left ${what}`);
  return found;
}

/** The output of an earlier step; `null`: the plan has no such step. */
export function findOutput<T>(outputs: readonly Json[], schema: z.ZodType<T>): T | null {
  for (const output of outputs) {
    const read = schema.safeParse(output);
    if (read.success) return read.data;
  }
  return null;
}
