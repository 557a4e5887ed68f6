import { z } from 'zod';

/** The leader as last seen, and how often it changed without being asked. */
export const LeaderTrack = z.object({
  leader: z.string().nullable(),
  /** Raft term in decimal; `null`: not seen yet. */
  term: z.string().nullable(),
  changes: z.number().int().min(0),
});
export type LeaderTrack = z.infer<typeof LeaderTrack>;

/** Nothing seen yet. */
export const NO_LEADER_SEEN: LeaderTrack = { leader: null, term: null, changes: 0 };

/** A ring whose leader changed this often during one run is flapping. */
export const FLAPPING_CHANGES = 2;

/**
 * Takes one more look at the leader into account. A new leader counts, and so does the old one under a new term:
 * it was lost and elected again. Several elections between two looks count once.
 */
export function trackLeader(track: LeaderTrack, leader: string, term: bigint): LeaderTrack {
  const seen = { leader, term: String(term) };
  const changed = track.leader !== null && (track.leader !== seen.leader || track.term !== seen.term);
  return { ...seen, changes: track.changes + (changed ? 1 : 0) };
}

/** The track after leadership was moved on purpose: the next look is a new beginning, earlier changes stay counted. */
export function leaderMoved(track: LeaderTrack): LeaderTrack {
  return { leader: null, term: null, changes: track.changes };
}

/** Whether the leader changed so often that the ring must be looked at first. */
export function isFlapping(track: LeaderTrack): boolean {
  return track.changes >= FLAPPING_CHANGES;
}
