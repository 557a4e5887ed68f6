import type { StepContext } from '../../src/core/step.ts';
import { lookOf, readRing } from '../steps/read-ring.ts';
import type { SnapshotFacts } from './input.ts';

/** The giver may have a moment's trouble after its snapshot. */
const LOOKS = 3;
const BETWEEN_LOOKS_MS = 1000;

/** What was seen: the highest revision, digits; what to tell people, as sentences. */
export interface SeenSince {
  readonly revision: string;
  readonly notes: string[];
}

/**
 * The highest revision of the ring now that the snapshot is taken. The one in the manifest was read before keys were counted, stores hashed and the
 * snapshot begun, and the snapshot holds what was written until then; what its giver has afterwards is never below that.
 */
export async function seenSince(context: StepContext<'etcd'>, facts: SnapshotFacts): Promise<SeenSince> {
  let highest = BigInt(facts.revision);
  for (let look = 0; look < LOOKS; look += 1) {
    if (look > 0) await context.pause(BETWEEN_LOOKS_MS);
    const { ring } = await readRing(lookOf(context));
    context.signal.throwIfAborted();
    const members = ring?.clusterId === facts.identity.etcd ? ring.members : [];
    for (const { status } of members) if (status !== null && status.revision > highest) highest = status.revision;
    if (members.some(({ id, status }) => id === facts.member.id && status !== null))
      return { revision: String(highest), notes: [] };
  }
  const note = `${facts.member.name} did not answer after its snapshot, which may hold more than revision ${highest}, the highest that could be noted. A drill notes what it holds.`;
  return { revision: String(highest), notes: [note] };
}
