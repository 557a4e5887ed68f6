import type { Witness, WitnessAnswer } from '../../src/core/ports/witness.ts';
import { otherContradiction, ownContradiction, type WitnessNote } from '../../src/core/witness.ts';

/** The witness in memory, with the knobs to disturb it. */
export interface FakeWitness extends Witness {
  /** What the cluster remembers, by run. A test may change it. */
  readonly notes: Map<string, WitnessNote>;
  /** Why it cannot be reached; `null`: it can. */
  away: string | null;
}

/** Makes the fake; it remembers nothing yet. */
export function createFakeWitness(): FakeWitness {
  const notes = new Map<string, WitnessNote>();
  const fake: FakeWitness = {
    notes,
    away: null,
    announce: async (note, known): Promise<WitnessAnswer> => {
      if (fake.away !== null) return { kind: 'unavailable', why: fake.away };
      const own = ownContradiction(notes.get(note.run) ?? null, note);
      if (own !== null) return { kind: 'contradiction', why: own };
      notes.set(note.run, note);
      for (const other of notes.values()) {
        const why = otherContradiction(other, note, await known(other.run));
        if (why !== null) return { kind: 'contradiction', why };
      }
      return { kind: 'go' };
    },
    observed: async (run) => {
      const note = notes.get(run);
      if (note !== undefined && fake.away === null) notes.set(run, { ...note, observed: true });
      await Promise.resolve();
    },
    forget: async (run) => {
      if (fake.away === null) notes.delete(run);
      await Promise.resolve();
    },
  };
  return fake;
}
