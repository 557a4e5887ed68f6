import type { Announcement, Witness, WitnessAnswer } from '../../src/core/ports/witness.ts';
import { hasCall, otherContradiction, ownContradiction, type WitnessNote } from '../../src/core/witness.ts';

/** The witness in memory, with the knobs to disturb it. */
export interface FakeWitness extends Witness {
  /** What the cluster remembers, by run. A test may change it. */
  readonly notes: Map<string, WitnessNote>;
  /** Why it cannot be reached; `null`: it can. */
  away: string | null;
  /** Why it takes no notes although it answers; `null`: it does. */
  full: string | null;
  /** Called at the start of each announcement. */
  onAnnounce(): Promise<void> | void;
  /** Called before anything is forgotten. */
  onForget(signal: AbortSignal): Promise<void> | void;
}

/** Makes the fake; it remembers nothing yet. */
export function createFakeWitness(): FakeWitness {
  const notes = new Map<string, WitnessNote>();
  const fake: FakeWitness = {
    notes,
    away: null,
    full: null,
    onAnnounce: () => undefined,
    onForget: () => undefined,
    announce: async (announcement): Promise<WitnessAnswer> => {
      const { note, record } = announcement;
      await fake.onAnnounce();
      if (fake.away !== null) return { kind: 'unavailable', why: fake.away };
      const own = ownContradiction(notes.get(note.run) ?? null, note, record);
      if (own !== null) return { kind: 'contradiction', why: own };
      const before = notes.has(note.run) ? null : await lookAtOthers(notes, announcement);
      if (before !== null) return { kind: 'contradiction', why: before };
      if (fake.full === null) notes.set(note.run, note);
      const after = await lookAtOthers(notes, announcement);
      if (after !== null) return { kind: 'contradiction', why: after };
      return fake.full === null ? { kind: 'go' } : { kind: 'go', unnoted: fake.full };
    },
    observed: async (run) => {
      const note = notes.get(run);
      if (note !== undefined && fake.away === null) notes.set(run, { ...note, observed: true });
      await Promise.resolve();
    },
    forget: async (run, record, signal) => {
      const note = notes.get(run);
      await fake.onForget(signal);
      if (fake.away === null && note !== undefined && hasCall(record, note)) notes.delete(run);
      await Promise.resolve();
    },
  };
  return fake;
}

async function lookAtOthers(
  notes: Map<string, WitnessNote>,
  { note, known }: Pick<Announcement, 'note' | 'known'>,
): Promise<string | null> {
  for (const other of notes.values()) {
    const is = await known(other.run, other);
    if (is === 'ended' && other.run !== note.run) notes.delete(other.run);
    const why = otherContradiction(other, note, is);
    if (why !== null) return why;
  }
  return null;
}
