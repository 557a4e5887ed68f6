import type { ApiObject } from '../contracts.ts';
import { discoverKinds, type FoundKind } from './discovered-kinds.ts';
import type { Change, Mirror } from './mirror.ts';
import { conditionOf } from './objects.ts';
import { queueOver, type Scene } from './scene.ts';

/** An object with its kind. */
export interface Placed {
  readonly kind: FoundKind;
  readonly object: ApiObject;
}

/** Objects of every kind, custom ones too; without events, of which there are many and which own nothing. */
export interface World {
  /** Whether every kind was found and read once. */
  ready(): boolean;
  /** With events. */
  kinds(): readonly FoundKind[];
  get(uid: string): Placed | undefined;
  all(): readonly Placed[];
  onChange(listener: (kind: FoundKind, change: Change) => void): void;
  /** Told when a kind was read, at first and again. */
  onFilled(listener: () => void): void;
}

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Follows every kind that the API server has; kinds come and go with their definitions. */
export function followWorld(scene: Scene): World {
  let found: readonly FoundKind[] | undefined;
  const mirrors = new Map<string, { readonly kind: FoundKind; readonly mirror: Mirror }>();
  const listeners: ((kind: FoundKind, change: Change) => void)[] = [];
  const fillings: (() => void)[] = [];
  const definitions = scene.mirrors.of(DEFINITIONS);

  const queue = queueOver(
    scene,
    [definitions],
    () => ['kinds'],
    async () => {
      const now = await discoverKinds(scene.client);
      const followed = now.filter(({ plural, group }) => plural !== 'events' || group !== '');
      const paths = new Set(followed.map(pathOf));
      for (const path of mirrors.keys()) {
        if (paths.has(path)) continue;
        mirrors.delete(path);
        scene.mirrors.drop(path);
      }
      for (const kind of followed) if (!mirrors.has(pathOf(kind))) follow(kind);
      found = now;
      tellFilled();
    },
  );
  function follow(kind: FoundKind): void {
    const mirror = scene.mirrors.of(pathOf(kind));
    mirrors.set(pathOf(kind), { kind, mirror });
    mirror.onChange((change) => {
      for (const listener of listeners) listener(kind, change);
    });
    mirror.onFilled(tellFilled);
  }
  function tellFilled(): void {
    if (ready()) for (const listener of fillings) listener();
  }
  function ready(): boolean {
    return found !== undefined && [...mirrors.values()].every(({ mirror }) => mirror.filled());
  }
  definitions.onChange(({ before, after }) => {
    const [was, is] = [before, after].map((each) => conditionOf(each, 'Established')['status']);
    if (was !== is || after === null) queue.ask('kinds');
  });
  return {
    ready,
    kinds: () => found ?? [],
    get(uid) {
      for (const { kind, mirror } of mirrors.values()) {
        const object = mirror.get(uid);
        if (object !== undefined) return { kind, object };
      }
      return undefined;
    },
    all: () => [...mirrors.values()].flatMap(({ kind, mirror }) => mirror.all().map((object) => ({ kind, object }))),
    onChange: (listener) => listeners.push(listener),
    onFilled: (listener) => fillings.push(listener),
  };
}

function pathOf({ root, plural }: FoundKind): string {
  return `${root}/${plural}`;
}
