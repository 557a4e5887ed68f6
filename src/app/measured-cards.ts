import type { CardStore } from '../core/ports/card-store.ts';
import type { Clock } from '../core/ports/runtime.ts';

/** The card store, with the time measured from a change being seen to everything of it being delivered, in seconds. */
export function measureCards(cards: CardStore, clock: Clock, lag: (seconds: number) => void): CardStore {
  const seenMs = new Map<string, number>();
  return {
    dirty: async (limit) => {
      const dirty = await cards.dirty(limit);
      const ids = new Set(dirty.map(({ runId }) => runId));
      // What another process delivered meanwhile is not this one's lag.
      for (const runId of seenMs.keys()) if (!ids.has(runId)) seenMs.delete(runId);
      for (const { runId } of dirty) if (!seenMs.has(runId)) seenMs.set(runId, clock.nowMs());
      return dirty;
    },
    clean: async (runId, version) => {
      await cards.clean(runId, version);
      const since = seenMs.get(runId);
      if (since !== undefined) lag((clock.nowMs() - since) / 1000);
      seenMs.delete(runId);
    },
    card: async (runId) => await cards.card(runId),
    save: async (card, by) => await cards.save(card, by),
    touch: async (runId) => await cards.touch(runId),
    doubt: async (runId) => await cards.doubt(runId),
    incident: async (cluster) => await cards.incident(cluster),
    saveIncident: async (record, by) => await cards.saveIncident(record, by),
    doubtIncident: async (cluster) => await cards.doubtIncident(cluster),
    elect: async (name, who, ttlMs) => {
      const elected = await cards.elect(name, who, ttlMs);
      if (!elected) seenMs.clear();
      return elected;
    },
    resign: async (name, who) => await cards.resign(name, who),
    onChange: async (callback) => await cards.onChange(callback),
  };
}
