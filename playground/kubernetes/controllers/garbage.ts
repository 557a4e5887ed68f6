import { listAt, sameJson, textAt } from '../api/reading.ts';
import type { ApiObject } from '../contracts.ts';
import { acceptedOrGone } from './client.ts';
import type { FoundKind } from './discovered-kinds.ts';
import {
  blocks,
  type OwnerState,
  ownersOf,
  verdict,
  waitsFor,
  withoutFinalizer,
  withoutOwners,
} from './garbage-plan.ts';
import { identity, isGoing, pathOf } from './objects.ts';
import type { Scene } from './scene.ts';
import { createWorkQueue } from './work-queue.ts';
import type { Placed, World } from './world.ts';

/** Deletes what no owner is left of, and carries out foreground and orphaning deletions. */
export function collectGarbage(scene: Scene, world: World): void {
  /** uids of dependents by the uid of their owner. */
  const dependents = new Map<string, Set<string>>();
  const collector: Collector = { scene, world, dependents };
  const queue = createWorkQueue({
    signal: scene.signal,
    ready: () => world.ready(),
    run: (uid) => examine(collector, uid, (each) => queue.ask(each)),
  });
  world.onChange((_kind, { before, after }) => {
    const uid = identity(after ?? before).uid;
    for (const owner of ownersOf(before)) if (!ownersOf(after).includes(owner)) dependents.get(owner)?.delete(uid);
    for (const owner of ownersOf(after)) {
      const known = dependents.get(owner) ?? new Set();
      dependents.set(owner, known.add(uid));
    }
    const same = before !== null && after !== null && sameJson(bonds(before), bonds(after));
    if (same || !(concerns(after) || after === null)) return;
    queue.ask(uid);
    if (after === null) for (const owner of ownersOf(before)) queue.ask(owner);
  });
  world.onFilled(() => {
    for (const { object } of world.all()) if (concerns(object)) queue.ask(identity(object).uid);
    queue.wake();
  });
}

interface Collector {
  readonly scene: Scene;
  readonly world: World;
  readonly dependents: ReadonlyMap<string, ReadonlySet<string>>;
}

function bonds(object: ApiObject): unknown {
  const { ownerReferences, finalizers, deletionTimestamp } = object.metadata;
  return [ownerReferences, finalizers, deletionTimestamp];
}

function concerns(object: ApiObject | null): boolean {
  return object !== null && (ownersOf(object).length > 0 || isGoing(object));
}

async function examine(collector: Collector, uid: string, ask: (uid: string) => void): Promise<void> {
  const dependents = [...(collector.dependents.get(uid) ?? [])].flatMap((each) => collector.world.get(each) ?? []);
  const placed = collector.world.get(uid);
  if (placed === undefined || waitsFor(placed.object, 'foregroundDeletion'))
    for (const each of dependents) ask(identity(each.object).uid);
  if (placed === undefined) return;
  if (waitsFor(placed.object, 'orphan')) return orphan(collector, placed, dependents);
  if (!waitsFor(placed.object, 'foregroundDeletion')) return judge(collector, placed, dependents.length > 0);
  if (!dependents.some(({ object }) => blocks(object, uid))) await release(collector, placed, 'foregroundDeletion');
}

async function judge({ scene, world }: Collector, { kind, object }: Placed, owns: boolean): Promise<void> {
  if (ownersOf(object).length === 0 || isGoing(object)) return;
  const states = new Map<string, OwnerState>();
  for (const reference of listAt(object, 'metadata', 'ownerReferences'))
    states.set(textAt(reference, 'uid'), await ownerState(scene, world, object, reference));
  const found = verdict(object, states, owns);
  const path = pathOf(kind.root, kind.plural, object);
  if (found.action === 'forget') acceptedOrGone(await scene.client.merge(path, withoutOwners(object, found.owners)));
  if (found.action !== 'delete') return;
  const preconditions = { uid: identity(object).uid };
  const answer = await scene.client.remove(path, { preconditions, propagationPolicy: found.policy });
  // 409: another object has its name by now.
  if (answer.status !== 409) acceptedOrGone(answer);
}

async function ownerState(scene: Scene, world: World, object: ApiObject, reference: unknown): Promise<OwnerState> {
  const uid = textAt(reference, 'uid');
  const known = world.get(uid);
  if (known !== undefined) return waitsFor(known.object, 'foregroundDeletion') ? 'waiting' : 'there';
  const kind = world.kinds().find((each) => isKindOf(each, reference));
  // Of a kind that nobody knows: it stays.
  if (kind === undefined) return 'there';
  const namespace = kind.namespaced ? identity(object).namespace : '';
  const named = { metadata: { name: textAt(reference, 'name'), namespace } };
  // The mirror may be behind.
  const live = acceptedOrGone(await scene.client.get(pathOf(kind.root, kind.plural, named)));
  return identity(live).uid === uid ? 'there' : 'gone';
}

/** By group, as versions come and go. */
function isKindOf(kind: FoundKind, reference: unknown): boolean {
  const apiVersion = textAt(reference, 'apiVersion');
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return kind.kind === textAt(reference, 'kind') && kind.group === group;
}

async function orphan(collector: Collector, owner: Placed, dependents: readonly Placed[]): Promise<void> {
  const { uid } = identity(owner.object);
  for (const { kind, object } of dependents) {
    const path = pathOf(kind.root, kind.plural, object);
    acceptedOrGone(await collector.scene.client.merge(path, withoutOwners(object, [uid])));
  }
  await release(collector, owner, 'orphan');
}

async function release({ scene }: Collector, { kind, object }: Placed, finalizer: string): Promise<void> {
  acceptedOrGone(await scene.client.merge(pathOf(kind.root, kind.plural, object), withoutFinalizer(object, finalizer)));
}
