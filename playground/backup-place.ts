import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { z } from 'zod';

/** Where backups of the playground go, and how they are encrypted. Paths are absolute. */
export interface BackupFacts {
  /** Folder of the store. */
  readonly store: string;
  /** Below which drills restore. */
  readonly drills: string;
  /** Public key of age. */
  readonly recipient: string;
  /** File with the private one. */
  readonly identityFile: string;
}

/** A backup as its files show it, without Drydock. */
export interface StoredBackup {
  readonly id: string;
  /** Of all of it, bytes. */
  readonly size: number;
  /** `half-written`: there is no manifest. `damaged`: a drill or a reading found that. */
  readonly state: 'stored' | 'half-written' | 'damaged';
  /** How the last drill ended; `null`: there was none. */
  readonly drill: 'passed' | 'failed' | 'aborted' | null;
  /** Whether one bit of it is flipped now by {@link BackupPlace.flipBit}. */
  readonly flipped: boolean;
}

/** The playground's place for backups, with what can go wrong there. */
export interface BackupPlace {
  readonly facts: BackupFacts;
  /** The backups of `prod`, newest first. */
  list(): Promise<readonly StoredBackup[]>;
  /** Flips one bit in the middle of the newest snapshot of `prod`; again: flips it back. Answers what speaks against it. */
  flipBit(): Promise<string | undefined>;
  isAway(): boolean;
  /** Takes the store away, as if its disk were not mounted, or brings it back as it was. */
  setAway(away: boolean): Promise<void>;
}

const CLUSTER = 'prod';
const ID = new RegExp(`^${CLUSTER}-\\d{14}-[a-z0-9]{4}$`);
const Record = z.looseObject({
  at: z.string(),
  how: z.enum(['drill', 'read']),
  result: z.enum(['passed', 'failed', 'aborted']),
});
type Record = z.infer<typeof Record>;

/** Makes the folders and a pair of keys below `directory`. */
export async function makeBackupPlace(directory: string): Promise<BackupPlace> {
  const base = join(directory, 'backups');
  const [store, drills, identityFile] = [join(base, 'store'), join(base, 'drills'), join(base, 'age.key')];
  await Promise.all([mkdir(store, { recursive: true }), mkdir(drills, { recursive: true })]);
  const identity = await generateX25519Identity();
  await writeFile(identityFile, `${identity}\n`, { mode: 0o600 });
  const facts = { store, drills, recipient: await identityToRecipient(identity), identityFile };
  const [flipped, aside] = [new Set<string>(), join(base, 'store-taken-away')];
  let away = false;

  async function list(): Promise<readonly StoredBackup[]> {
    const folder = join(away ? aside : store, CLUSTER);
    const ids = (await readdir(folder).catch(orNone)).filter((name) => ID.test(name)).toSorted();
    return await Promise.all(ids.toReversed().map(async (id) => await lookAt(folder, id, flipped.has(id))));
  }
  return {
    facts,
    list,
    async flipBit() {
      if (away) return 'The store of backups is away.';
      const newest = (await list()).find(({ state }) => state !== 'half-written');
      if (newest === undefined) return 'There is no backup of prod yet.';
      const folder = join(store, CLUSTER, newest.id);
      const name = (await readdir(folder)).find((each) => each.startsWith('snapshot_'));
      if (name === undefined) return `${newest.id} has no snapshot.`;
      await flipInTheMiddle(join(folder, name));
      if (!flipped.delete(newest.id)) flipped.add(newest.id);
      return undefined;
    },
    isAway: () => away,
    async setAway(wanted) {
      if (wanted === away) return;
      if (wanted) {
        await rename(store, aside);
        // So that nobody makes a new folder there, into which backups would go.
        await writeFile(store, '');
      } else {
        await rm(store);
        await rename(aside, store);
      }
      away = wanted;
    },
  };
}

function orNone(): string[] {
  return [];
}

async function lookAt(folder: string, id: string, flipped: boolean): Promise<StoredBackup> {
  const names = await readdir(join(folder, id), { recursive: true }).catch(orNone);
  const sizes = await Promise.all(
    names.map(
      async (name) => await stat(join(folder, id, name)).then((found) => (found.isFile() ? found.size : 0), orZero),
    ),
  );
  const records = await Promise.all(
    names
      .filter((name) => /^(?:drills|readings)\//.test(name))
      .map(async (name) => await readRecord(join(folder, id, name))),
  );
  // One that could not be carried to its end says nothing of the backup.
  const told = records.flatMap((each) => each ?? []).toSorted((a, b) => (a.at < b.at ? 1 : -1));
  const last = (how: Record['how']) => told.find((each) => each.how === how && each.result !== 'aborted')?.result;
  const isBad = last('drill') === 'failed' || last('read') === 'failed';
  return {
    id,
    size: sizes.reduce((sum, size) => sum + size, 0),
    state: names.includes('manifest.json') ? (isBad ? 'damaged' : 'stored') : 'half-written',
    drill: last('drill') ?? told.find(({ how }) => how === 'drill')?.result ?? null,
    flipped,
  };
}

function orZero(): number {
  return 0;
}

/** Undefined: it cannot be read, or is being written. */
async function readRecord(path: string): Promise<Record | undefined> {
  try {
    return Record.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function flipInTheMiddle(path: string): Promise<void> {
  // What is stored may not be written, not even by its owner.
  const { mode, size } = await stat(path);
  await chmod(path, 0o640);
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    const at = Math.floor(size / 2);
    await file.read(byte, 0, 1, at);
    byte.writeUInt8(byte.readUInt8() ^ 1);
    await file.write(byte, 0, 1, at);
  } finally {
    await file.close();
    await chmod(path, mode);
  }
}
