import { hostname } from 'node:os';
import { createFileSink } from '../adapters/audit/file-sink.ts';
import { createStreamSink } from '../adapters/audit/stream-sink.ts';
import type { StorePlace } from '../config/config.ts';
import type { AuditAnchor } from '../core/ports/audit-out.ts';
import { anchorTrouble, createAuditAnchoring } from '../engine/anchor-audit.ts';
import { createAuditMirror, type FollowDeps, type Follower } from '../engine/follow-audit.ts';
import { createStoreAnchor } from '../engine/store-anchor.ts';
import type { Foundation } from './foundation.ts';
import type { ReadyCheck } from './http.ts';
import { openStore } from './open-store.ts';
import type { Part } from './part.ts';
import { repeat } from './repeat.ts';
import type { Stores } from './stores.ts';

/** How late an entry is mirrored at most, ms, while everything works. */
const MIRROR_MS = 1000;
/** How often is looked whether it is time for an anchor, ms. */
const ANCHOR_LOOK_MS = 10_000;

/** An anchor that was begun so long ago, ms, is not finished any more. */
const UNFINISHED_MS = 3_600_000;

function anchorAt(anchors: StorePlace, { clock }: Foundation): AuditAnchor {
  const store = openStore(anchors, clock);
  if (anchors.type === 's3') return createStoreAnchor(store, anchors.keepForMs);
  // What a process that was killed left of an anchor. That it cannot be removed, keeping the next one tells.
  void store.removeUnfinished(new Date(clock.nowMs() - UNFINISHED_MS).toISOString());
  return createStoreAnchor(store, null);
}

/** Whether the audit log gets out to where it is to be anchored, as whoever anchors it noted. Stops no work. */
export function anchorChecks({ config }: Foundation, { marks }: Stores): readonly ReadyCheck[] {
  if (config.audit.anchors === null) return [];
  // That Redis does not answer is said by another check.
  const check = async (): Promise<string | null> => await anchorTrouble(marks).catch(() => null);
  return [{ name: 'audit anchors', advisory: true, check }];
}

/** Mirrors the audit log and anchors it outside Redis, as far as that is configured. One process of all does it. */
export function startAuditOut(foundation: Foundation, stores: Stores): Part {
  const { config, digest, clock, log, ids } = foundation;
  const { mirror, anchors, anchorEveryMs } = config.audit;
  const deps = {
    store: stores.runs,
    marks: stores.marks,
    offices: stores.cards,
    digest,
    clock,
    log,
    who: `${hostname()}-${process.pid}-${ids.suffix()}`,
  } satisfies FollowDeps;
  const stopping = new AbortController();
  const following: { readonly follower: Follower; readonly done: Promise<void> }[] = [];
  function follow(follower: Follower, everyMs: number, what: string): void {
    const done = repeat(everyMs, stopping.signal, foundation, what, async () => await follower.round());
    following.push({ follower, done });
  }
  if (mirror !== null) {
    const sink = mirror.kind === 'file' ? createFileSink(mirror.path) : createStreamSink(process.stdout);
    follow(createAuditMirror(deps, sink), MIRROR_MS, 'mirroring the audit log');
  }
  if (anchors !== null) {
    const onAnchor = (outcome: string): void => foundation.metrics.auditAnchor(outcome);
    const anchoring = createAuditAnchoring({ ...deps, onAnchor }, anchorAt(anchors, foundation), anchorEveryMs);
    follow(anchoring, Math.min(ANCHOR_LOOK_MS, anchorEveryMs), 'anchoring the audit log');
  }
  return {
    stop: async (graceMs) => {
      stopping.abort();
      const left = Promise.all(
        following.map(async ({ follower, done }) => {
          await done;
          await follower.leave().catch(() => undefined);
        }),
      );
      await Promise.race([left, clock.sleep(graceMs)]);
    },
  };
}
