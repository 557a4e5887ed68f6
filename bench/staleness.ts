import { readCard } from '../playground/demo/sightings.ts';
import type { Workspace } from '../playground/workspace/workspace.ts';
import { renderCard } from '../src/adapters/slack/render/card.ts';
import type { Append, RunStore } from '../src/core/ports/run-store.ts';
import type { RunEvent } from '../src/core/run-event.ts';
import { foldRun, type RunState } from '../src/core/run-state.ts';

/** One write to a run. */
interface Write {
  readonly version: number;
  readonly atMs: number;
  readonly events: readonly RunEvent[];
  /** As in {@link Append}. */
  readonly scratch: Append['scratch'];
}

/** A change of a run that its card is to show. */
interface Change {
  readonly version: number;
  readonly atMs: number;
  readonly kind: 'first' | 'progress' | 'end';
}

/** One look of a card. */
interface Sighting {
  readonly version: number;
  readonly atMs: number;
  readonly ended: boolean;
}

/** How late cards showed what had changed, ms by what it was, and how many changes no card ever showed. */
export interface Staleness {
  readonly first: readonly number[];
  readonly progress: readonly number[];
  /** Progress that no card showed by itself, because the run ended first: until its ending was shown. */
  readonly overtaken: readonly number[];
  readonly end: readonly number[];
  readonly neverShown: number;
}

/** Keeps all that is written to the runs of a store. */
export interface RunHistory {
  /** The store with an ear on it. */
  listen(store: RunStore): RunStore;
  /**
   * Compares with what the workspace showed when. A change counts as shown with the first card of its version or a newer
   * one; writes that leave the card as it was are no changes.
   */
  compare(workspace: Workspace): Staleness;
}

/** Makes an empty history. Times are those of this process, when the store had answered. */
export function createRunHistory(): RunHistory {
  const runs = new Map<string, Write[]>();
  function note(runId: string, version: number, events: readonly RunEvent[], scratch: Append['scratch']): void {
    const writes = runs.get(runId) ?? [];
    writes.push({ version, atMs: Date.now(), events, scratch });
    runs.set(runId, writes);
  }
  return {
    listen: (store) => ({
      ...store,
      create: async (run) => {
        const result = await store.create(run);
        if (result.kind === 'created') note(run.id, 1, [run.event], undefined);
        return result;
      },
      append: async (runId, write) => {
        const result = await store.append(runId, write);
        if (result.kind === 'ok') note(runId, result.version, write.events, write.scratch);
        return result;
      },
    }),
    compare(workspace) {
      const shown = sightings(workspace);
      const late: Record<keyof Omit<Staleness, 'neverShown'>, number[]> = {
        first: [],
        progress: [],
        overtaken: [],
        end: [],
      };
      let neverShown = 0;
      for (const [runId, writes] of runs) {
        for (const change of visibleChanges(runId, writes)) {
          const seen = shown.get(runId)?.find((sighting) => sighting.version >= change.version);
          if (seen === undefined) neverShown += 1;
          else late[listOf(change, seen)].push(Math.max(0, seen.atMs - change.atMs));
        }
      }
      return { ...late, neverShown };
    },
  };
}

function listOf({ kind }: Change, { ended }: Sighting): keyof Omit<Staleness, 'neverShown'> {
  return kind === 'progress' && ended ? 'overtaken' : kind;
}

/** Every look of every card, by run, oldest first. */
function sightings(workspace: Workspace): ReadonlyMap<string, readonly Sighting[]> {
  const found = new Map<string, Sighting[]>();
  for (const { at, what } of workspace.feed.events()) {
    const card = what.kind === 'posted' || what.kind === 'updated' ? readCard(what.message) : undefined;
    if (card === undefined) continue;
    const seen = found.get(card.run) ?? [];
    seen.push({ version: card.version, atMs: at, ended: card.state === 'ended' });
    found.set(card.run, seen);
  }
  return found;
}

function visibleChanges(runId: string, writes: readonly Write[]): readonly Change[] {
  const changes: Change[] = [];
  const events: RunEvent[] = [];
  let scratch: unknown = null;
  let look = '';
  for (const write of writes.toSorted((a, b) => a.version - b.version)) {
    events.push(...write.events);
    if (write.scratch !== undefined) scratch = write.scratch;
    const state = foldRun({ id: runId, version: write.version, epoch: 0, events, scratch });
    const next = lookOf(state);
    if (next !== look) {
      const kind = changes.length === 0 ? 'first' : state.ended === null ? 'progress' : 'end';
      changes.push({ version: write.version, atMs: write.atMs, kind });
    }
    look = next;
  }
  return changes;
}

function lookOf(state: RunState): string {
  const { blocks, text } = renderCard(state, { title: '', replaces: null, displacedFrom: null, peopleOf: () => [] });
  return JSON.stringify([blocks, text]);
}
