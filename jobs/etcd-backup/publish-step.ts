import { z } from 'zod';
import type { BackupBody } from '../../src/core/backup/manifest.ts';
import type { VaultError } from '../../src/core/ports/backup-vault.ts';
import type { ObjectStoreErrorCode } from '../../src/core/ports/object-store.ts';
import { defineStep, type StepContext } from '../../src/core/step.ts';
import { formatSpan } from '../../src/core/time.ts';
import {
  findOutput,
  outputOf,
  PublishInput,
  PublishOutput,
  type SnapshotFacts,
  StaticOutput,
  TakeOutput,
} from './input.ts';
import { seenSince } from './seen-since.ts';
import { vaultStop } from './vault-trouble.ts';

/** Bytes of the hash at the end of a snapshot file. */
const HASH_BYTES = 32;

/** A store that does not answer once must not cost a snapshot of hours: pauses before it is asked again, ms. */
const AGAIN_AFTER_MS = [10_000, 20_000, 40_000, 60_000, 120_000] as const;
/** A list is only looked at, within the step: so many of these pauses. */
const LIST_PAUSES = 3;
/** What may be over in a minute. */
const PASSING: ReadonlySet<ObjectStoreErrorCode> = new Set(['away', 'full', 'denied', 'clock-skew']);

const PublishState = z.object({ failures: z.int().min(0) });

/** Stores the manifest of what was taken: from then on it is a backup. The same manifest again does no harm. */
export const publishStep = defineStep({
  kind: 'backup.publish@1',
  input: PublishInput,
  state: PublishState,
  output: PublishOutput,
  needs: ['etcd', 'backups'],
  risk: 'read',
  effect: 'changes the store only',
  timeoutMs: () => 15 * 60_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: ({ snapshotOnly }) =>
    `Write the manifest, which makes it a backup${snapshotOnly === null ? '' : ' (snapshot only)'}`,
  items: () => [],
  initial: () => ({ failures: 0 }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, { failures }) => {
    const taken = outputOf(context.outputs, TakeOutput, 'a snapshot');
    const published = await context.ports.backups.publish(bodyOf(context, input, taken), { signal: context.signal });
    context.signal.throwIfAborted();
    if (!published.ok) {
      const stop = vaultStop(`The manifest of ${taken.facts.id} was not stored`, published.error);
      const afterMs = mayPass(published.error) ? AGAIN_AFTER_MS[failures] : undefined;
      if (afterMs === undefined) return stop;
      const note = `${stop.note} The store is asked again in ${formatSpan(afterMs)}.`;
      return { kind: 'again', afterMs, state: { failures: failures + 1 }, note };
    }
    const output = { published: published.value, notes: await noteHighest(context, taken.facts) };
    return { kind: 'done', output, note: `${taken.facts.id} is a backup now.` };
  },
  verify: async (context, _input, output) => {
    const { id, sha256 } = output.published;
    const listed = await listPatiently(context);
    if (!listed.ok) return vaultStop(`${id} was stored, and could not be listed afterwards`, listed.error);
    const found = listed.value.find((each) => each.id === id);
    if (found?.state === 'good' && found.manifest?.sha256 === sha256)
      return { kind: 'done', output, note: `${id} is in the store, as it was written.` };
    const why = found === undefined ? 'it is not in the list' : (found.why ?? 'its manifest is another one');
    return {
      kind: 'stop',
      reason: 'backup-damaged',
      note: `${id} was stored, and is not seen as it was written: ${why}.`,
    };
  },
});

function mayPass({ store }: VaultError): boolean {
  return store !== undefined && PASSING.has(store);
}

/** The list, asked for again where the store may answer in a moment. */
async function listPatiently(context: StepContext<'backups'>) {
  const { ports, signal } = context;
  let listed = await ports.backups.list({ signal });
  for (const afterMs of AGAIN_AFTER_MS.slice(0, LIST_PAUSES)) {
    signal.throwIfAborted();
    if (listed.ok || !mayPass(listed.error)) return listed;
    await context.pause(afterMs);
    listed = await ports.backups.list({ signal });
  }
  signal.throwIfAborted();
  return listed;
}

/** A restore has to begin above the highest revision that was ever seen. A drill notes what the snapshot holds, too, so a failure is said and no more. */
async function noteHighest(context: StepContext<'etcd' | 'backups'>, facts: SnapshotFacts): Promise<string[]> {
  const { ports, signal } = context;
  const { revision, notes } = await seenSince(context, facts);
  const noted = await ports.backups.noteRevision(facts.identity.etcd, revision, { signal });
  return noted.ok
    ? notes
    : [...notes, `That revision ${revision} was seen could not be noted: ${noted.error.message}.`];
}

function bodyOf(
  { cluster, runId, outputs }: StepContext<'backups'>,
  { by, note, snapshotOnly }: PublishInput,
  { facts, file }: TakeOutput,
): BackupBody {
  const beside = findOutput(outputs, StaticOutput);
  return {
    version: 1,
    cluster: cluster.name,
    platform: cluster.platform,
    run: runId,
    by,
    note,
    ...facts,
    databaseBytes: Math.max(0, file.contentBytes - HASH_BYTES),
    snapshotOnly: beside?.snapshotOnly ?? snapshotOnly,
    files: beside === null || beside.file === null ? [file] : [file, beside.file],
  };
}
