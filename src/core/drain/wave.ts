import { leftOn } from './advance.ts';
import { classify } from './classify.ts';
import { podsOn } from './coverage.ts';
import type { Cursor } from './cursor.ts';
import {
  type Blocker,
  type Eviction,
  evictionsOf,
  hopelessOf,
  isCordoned,
  nodesUnderWay,
  returningOf,
  type WaveLimits,
} from './evictions.ts';
import { type StuckPod, stuckOf } from './stuck.ts';
import type { DrainPod, DrainView } from './view.ts';
import { lineOf, waveWords } from './words.ts';
import { activeNodes } from './zones.ts';

/** What one look decides. */
export interface Wave {
  /** To be kept, after the answers to the evictions were taken in. */
  readonly cursor: Cursor;
  readonly evict: readonly Eviction[];
  /** When to look again, ms from now. */
  readonly waitMs: number;
  /** One line for the card, without a period. */
  readonly words: string;
  /** One line for each node. */
  readonly lines: readonly string[];
  /** Pods that are still to go. */
  readonly left: number;
  /** Every node is empty, or gone. */
  readonly done: boolean;
  readonly stuck: readonly StuckPod[];
  readonly hopeless: readonly Blocker[];
  /** Pods that may not go without a consent that was not given. Nothing of their node goes meanwhile. */
  readonly refused: readonly DrainPod[];
  /** Nodes that take longer than one may. */
  readonly overdue: readonly string[];
  /** All of them together take longer than they may. */
  readonly late: boolean;
  /** Nodes that are no longer there. */
  readonly gone: readonly string[];
  /** Nodes under way that are not cordoned any more: nothing is evicted from them. */
  readonly uncordoned: readonly string[];
  /** Owners whose pods come back to a drained node again and again, in words. */
  readonly returning: readonly string[];
}

/**
 * What to do now, after `advance` of the same look. Nodes of one zone at a time, at most `parallelNodes` of them; of each at most
 * `parallelPods` pods on their way; and never more than the budgets let go at this moment. No pod is asked twice.
 */
export function nextWave(view: DrainView, before: Cursor, limits: WaveLimits, nowMs: number): Wave {
  const cursor = beginNodes(view, before, limits, nowMs);
  const stuck = stuckOf(view, cursor, limits, nowMs);
  const evict = evictionsOf(view, cursor, limits, stuck, nowMs);
  const unfinished = cursor.nodes.filter(({ emptyMs }) => emptyMs === null);
  const left = unfinished.flatMap((node) => leftOn(view, node, limits.consents, nowMs));
  const underWay = nodesUnderWay(cursor);
  const done = unfinished.length === 0;
  return {
    cursor,
    evict,
    waitMs: done ? 0 : pauseOf(view, cursor, evict.length, nowMs),
    words: waveWords(view, cursor, limits, nowMs),
    lines: cursor.nodes.map((node) => lineOf(view, cursor, node, limits, nowMs)),
    left: left.length,
    done,
    stuck,
    hopeless: hopelessOf(view, cursor, limits, nowMs),
    refused: left.filter((pod) => classify(pod, { view, consents: limits.consents, nowMs }).kind === 'refuse'),
    overdue: underWay.filter(({ begunMs }) => nowMs - (begunMs ?? nowMs) > limits.nodeMs).map(({ name }) => name),
    late: !done && nowMs - cursor.begunMs > limits.wholeMs,
    gone: cursor.nodes.filter(({ gone }) => gone).map(({ name }) => name),
    uncordoned: underWay.filter(({ name }) => !isCordoned(view, name)).map(({ name }) => name),
    returning: returningOf(cursor),
  };
}

function beginNodes(view: DrainView, cursor: Cursor, { parallelNodes }: WaveLimits, nowMs: number): Cursor {
  const active = activeNodes(view, cursor, parallelNodes);
  const isFirst = ({ name, begunMs }: Cursor['nodes'][number]): boolean => begunMs === null && active.has(name);
  const first = cursor.nodes.filter(isFirst);
  if (first.length === 0) return cursor;
  const newest = first.map(({ name }) => [name, newestOn(view, name)] as const);
  return {
    ...cursor,
    nodes: cursor.nodes.map((node) => (isFirst(node) ? { ...node, begunMs: nowMs } : node)),
    newest: { ...cursor.newest, ...Object.fromEntries(newest) },
  };
}

/** When the newest pod of a node was made. */
function newestOn(view: DrainView, node: string): string {
  return podsOn(view, node).reduce((newest, { createdAt }) => (createdAt > newest ? createdAt : newest), '');
}

/** Pause between two looks, ms: short while something goes, else a tenth of the time in which nothing moved. */
const SOON_MS = 1_000;
const SHORTEST_MS = 2_000;
const LONGEST_MS = 15_000;
/** A look reads every pod: the more there are, the longer the server has rest from it, ms. */
const REST_PER_POD_MS = 0.5;

function pauseOf({ pods }: DrainView, { ending, asked, movedMs }: Cursor, evicted: number, nowMs: number): number {
  const soonMs = Math.min(LONGEST_MS, Math.max(SOON_MS, Math.round(pods.length * REST_PER_POD_MS)));
  if (evicted > 0 || ending.some(({ sinceMs }) => nowMs - sinceMs < LONGEST_MS)) return soonMs;
  const restMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, soonMs, (nowMs - movedMs) / 10));
  const againMs = asked.map((each) => each.againMs - nowMs).filter((ms) => ms > soonMs);
  return Math.round(Math.min(restMs, ...againMs));
}
