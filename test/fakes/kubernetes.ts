import type { JsonObject } from '../../src/core/json.ts';
import type { KubernetesObject, KubernetesPort, ObjectRef } from '../../src/core/ports/kubernetes.ts';
import {
  createFakeCalls,
  done,
  type FakeBan,
  type FakeCall,
  type FakeFault,
  type FakeMethod,
  refused,
} from './kubernetes-calls.ts';
import { treeAt } from './kubernetes-fields.ts';
import type { FakeKind } from './kubernetes-kinds.ts';
import { fakeListMethods } from './kubernetes-lists.ts';
import { fakeObjectMethods } from './kubernetes-objects.ts';
import { type FakePrograms, fakePodMethods } from './kubernetes-pods.ts';
import { createFakeStore, ownedByUpdate, refOf, shown } from './kubernetes-store.ts';

export type { FakeBan, FakeCall, FakeFault } from './kubernetes-calls.ts';
export type { FakeKind } from './kubernetes-kinds.ts';
export type { FakeExec } from './kubernetes-pods.ts';

/** Settings; all optional. */
export interface FakeKubernetesOptions {
  /** Default `v1.36.2`. */
  readonly version?: string;
  /** The time that objects bear, as RFC 3339 without fractions; default: the machine's. */
  readonly now?: () => string;
  /** What `/metrics` answers beside the version, in the text format of Prometheus; default: nothing. */
  readonly metrics?: string;
}

/**
 * A cluster in memory with state, and the knobs to disturb it. No controllers, no kubelets, no garbage collection: what they would do, a
 * test does with {@link put} and {@link finish}. Lists count as one field for apply.
 */
export interface FakeKubernetes {
  readonly port: KubernetesPort;
  /** Every call, oldest first. */
  readonly calls: readonly FakeCall[];
  /** Creates or replaces an object as somebody else, status included, without any check. */
  put(object: JsonObject): KubernetesObject;
  /** The object; `null`: it is not there. */
  read(ref: ObjectRef): KubernetesObject | null;
  /** Ends an object: what a kubelet, a controller or a finalizer's owner does in the end. */
  finish(ref: ObjectRef): void;
  /** Serves one more kind. */
  addKind(kind: FakeKind): void;
  /** Makes calls go wrong, in the order given. */
  fail(fault: FakeFault): void;
  /** Holds calls of a method until the answered function is called. */
  hold(method: FakeMethod): () => void;
  /** Takes a right away: calls and {@link KubernetesPort.mayI} say so. */
  forbid(ban: FakeBan): void;
  /** What containers do; without it programs are not found, logs empty, ports refused. */
  programs(some: Partial<FakePrograms>): void;
  /** Watches lose their past, as after 410. */
  restartWatches(): void;
}

/** What a ban names: `{ verb: 'get', resource: '/metrics' }`. */
const METRICS = { verb: 'get', resource: '/metrics', namespace: null };

function samples(text: string, names: readonly string[]): string {
  const lines = text.split('\n').filter((line) => names.includes(/^\w+/.exec(line)?.[0] ?? ''));
  return lines.map((line) => `${line}\n`).join('');
}

/** Makes a fake cluster. */
export function createFakeKubernetes(options: FakeKubernetesOptions = {}): FakeKubernetes {
  const now = options.now ?? (() => `${new Date().toISOString().slice(0, 19)}Z`);
  const closing = new AbortController();
  const store = createFakeStore(now);
  const calls = createFakeCalls(closing.signal);
  const restart = new EventTarget();
  const programs: FakePrograms = {
    exec: ({ argv }) => refused('refused', `executable file not found: ${argv[0]}; nothing was started`),
    logs: () => '',
    forward: () => refused('server-error', 'nothing listens on this port'),
  };
  const port: KubernetesPort = {
    ...fakeObjectMethods(store, calls, now),
    ...fakeListMethods(store, calls, restart),
    ...fakePodMethods(store, calls, programs, now),
    version: (call) =>
      calls.answer({ method: 'version', detail: '' }, call, null, () =>
        done({ gitVersion: options.version ?? 'v1.36.2' }),
      ),
    metrics: (names, call) =>
      calls.answer({ method: 'metrics', detail: names.join(' ') }, call, METRICS, () =>
        done(
          samples(
            `kubernetes_build_info{git_version="${options.version ?? 'v1.36.2'}"} 1\n${options.metrics ?? ''}`,
            names,
          ),
        ),
      ),
    mayI(what, call) {
      const resource = what.subresource === undefined ? what.resource : `${what.resource}/${what.subresource}`;
      const detail = `${what.verb} ${resource}`;
      return calls.answer({ method: 'mayI', detail }, call, null, () => done(!calls.isBanned({ ...what, resource })));
    },
    async close() {
      closing.abort();
      await Promise.resolve();
    },
  };
  return {
    port,
    calls: calls.seen,
    put(object) {
      const kind = store.kindOf(refOf(object));
      if (kind === null) throw new Error(`${refOf(object).kind} is not served: addKind`);
      const before = store.read(refOf(object));
      const metadata = { ...(before === null ? {} : treeAt(before.object, 'metadata')), ...treeAt(object, 'metadata') };
      const next = { ...object, metadata };
      const written = store.write(kind, next, ownedByUpdate(before, next));
      if (written === null) throw new Error('not stored');
      return shown(written);
    },
    read(ref) {
      const entry = store.read(ref);
      return entry === null ? null : shown(entry);
    },
    finish: (ref) => store.remove(ref),
    addKind: (kind) => void store.kinds.push(kind),
    fail: (fault) => void calls.faults.push(fault),
    hold: (method) => calls.hold(method),
    forbid: (ban) => void calls.bans.push(ban),
    programs: (some) => void Object.assign(programs, some),
    restartWatches: () => void restart.dispatchEvent(new Event('restart')),
  };
}
