import type { BackupVault } from '../../src/core/ports/backup-vault.ts';

/** A voter as a backup recorded it. */
export interface PastVoter {
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
}

/** The voters of this ring at a time, as a backup recorded them. */
export interface PastRing {
  /** Id of the backup. */
  readonly backup: string;
  /** ISO. */
  readonly at: string;
  readonly voters: readonly PastVoter[];
}

/** Newest first; or why they could not be read, without a period. */
export type PastRings =
  | { readonly ok: true; readonly rings: readonly PastRing[] }
  | { readonly ok: false; readonly why: string };

/** So many of the newest backups are asked who was in the ring. */
const NEWEST = 200;

/**
 * What backups of this very ring say of who was in it. Every replacement takes or names one before it removes anything, so that its record is here
 * when a later run goes on behind the removal. Reads only.
 */
export async function readPastRings(
  backups: Pick<BackupVault, 'list'>,
  clusterId: string,
  signal: AbortSignal,
): Promise<PastRings> {
  const listed = await backups.list({ newest: NEWEST, signal });
  if (!listed.ok) return { ok: false, why: `the backups could not be read: ${listed.error.message}` };
  const rings = listed.value.flatMap(({ id, createdAt, state, manifest }) =>
    state !== 'good' || manifest?.identity.etcd !== clusterId
      ? []
      : [
          {
            backup: id,
            at: createdAt,
            voters: manifest.members.filter(({ learner, name }) => !learner && name !== ''),
          },
        ],
  );
  return { ok: true, rings };
}

/** That a name was a voter of this ring, and that the ring is smaller now; or why that is not known, without a period. */
export type Removal =
  | { readonly ok: true; readonly name: string; readonly peerUrls: readonly string[]; readonly words: string }
  | { readonly ok: false; readonly why: string };

/**
 * Whether a name (or id) that the list does not have is that of a member that was removed. By the newest record that has it; a newer one of a
 * ring that was larger than now says that somebody else is missing. Pure.
 */
export function removalOf(name: string, votersNow: number, past: PastRings): Removal {
  if (!past.ok) return { ok: false, why: past.why };
  for (const { backup, at, voters } of past.rings) {
    const was = voters.find((each) => each.name === name || each.id === name);
    if (was === undefined) {
      if (voters.length <= votersNow) continue;
      const names = voters.map((each) => each.name).join(', ');
      return { ok: false, why: `it was none of the ${voters.length} voters at ${at} (backup ${backup}): ${names}` };
    }
    if (voters.length <= votersNow)
      return {
        ok: false,
        why: `it was one of ${voters.length} voters at ${at} (backup ${backup}), and there are ${votersNow} now: none is missing`,
      };
    return {
      ok: true,
      name: was.name,
      peerUrls: was.peerUrls,
      words: `it was one of ${voters.length} voters at ${at} (backup ${backup}), and there are ${votersNow} now`,
    };
  }
  return { ok: false, why: 'no backup of this ring names it' };
}
