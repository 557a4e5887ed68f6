import { hostname } from 'node:os';
import { createFileAnchor } from '../adapters/audit/file-anchor.ts';
import { createFileSink } from '../adapters/audit/file-sink.ts';
import { createStreamSink } from '../adapters/audit/stream-sink.ts';
import { createAuditAnchoring, createAuditMirror, type FollowDeps, type Follower } from '../engine/follow-audit.ts';
import type { Foundation } from './foundation.ts';
import type { Part } from './part.ts';
import { repeat } from './repeat.ts';
import type { Stores } from './stores.ts';

/** How late an entry is mirrored at most, ms, while everything works. */
const MIRROR_MS = 1000;
/** How often is looked whether it is time for an anchor, ms. */
const ANCHOR_LOOK_MS = 10_000;

/** Mirrors the audit log and anchors it outside Redis, as far as that is configured. One process of all does it. */
export function startAuditOut(foundation: Foundation, stores: Stores): Part {
  const { config, digest, clock, log, ids } = foundation;
  const { mirror, anchors, anchorEveryMs } = config.audit;
  const deps: FollowDeps = {
    store: stores.runs,
    marks: stores.marks,
    offices: stores.cards,
    digest,
    clock,
    log,
    who: `${hostname()}-${process.pid}-${ids.suffix()}`,
  };
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
    const anchoring = createAuditAnchoring(deps, createFileAnchor(anchors.path), anchorEveryMs);
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
