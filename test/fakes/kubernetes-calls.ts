import { CHANGE_PATIENCE_MS, READ_PATIENCE_MS, waitBeforeRepeat } from '../../src/adapters/kubernetes/retry-after.ts';
import type {
  KubernetesCall,
  KubernetesError,
  KubernetesErrorCode,
  KubernetesPort,
  KubernetesResult,
} from '../../src/core/ports/kubernetes.ts';

/** Name of a method of the port. */
export type FakeMethod = Exclude<keyof KubernetesPort, 'close'>;

/** One call that the fake received. */
export interface FakeCall {
  readonly method: FakeMethod;
  /** What was asked for: `Pod kube-system/etcd-cp-1`, `list pods`, `exec kube-system/etcd-cp-1 etcdctl …`. */
  readonly detail: string;
}

/** A call that goes wrong. One that says to come back is made again as the adapter does. */
export interface FakeFault {
  readonly method: FakeMethod;
  /** Which calls of the method; default: any. */
  readonly when?: (call: FakeCall) => boolean;
  readonly error: KubernetesError;
  /** True: it is done all the same. Default false. */
  readonly happens?: boolean;
  /** How often; default once. */
  readonly times?: number;
}

/** What is not allowed. */
export interface FakeBan {
  readonly verb: string;
  /** `pods`, `pods/exec`. */
  readonly resource: string;
  /** Default: everywhere. */
  readonly namespace?: string;
}

/** What one call is, in the words of RBAC. */
export interface FakeAttributes {
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string | null;
}

/** What every call goes through: records, faults, bans, holds, cancellation. */
export interface FakeCalls {
  readonly seen: FakeCall[];
  readonly faults: FakeFault[];
  readonly bans: FakeBan[];
  closed: AbortSignal;
  hold(method: FakeMethod): () => void;
  isBanned(what: FakeAttributes): boolean;
  answer<T>(
    call: FakeCall,
    limits: KubernetesCall,
    what: FakeAttributes | null,
    work: () => KubernetesResult<T> | Promise<KubernetesResult<T>>,
  ): Promise<KubernetesResult<T>>;
}

/** What only reads: a server that refuses for now is waited for until the end of the call. */
const READS: ReadonlySet<FakeMethod> = new Set([
  'version',
  'metrics',
  'serves',
  'groupVersions',
  'get',
  'list',
  'eachPage',
  'logs',
]);

/** An answered call. */
export function done<T>(value: T): KubernetesResult<T> {
  return { ok: true, value };
}

/** A refused call. */
export function refused(code: KubernetesErrorCode, message: string, rest: Partial<KubernetesError> = {}) {
  return { ok: false, error: { ...rest, code, message } } as const;
}

/** Makes the gate that all calls of one fake go through. */
export function createFakeCalls(closed: AbortSignal): FakeCalls {
  const held = new Map<FakeMethod, Promise<void>>();
  const used = new Map<FakeFault, number>();
  const calls: FakeCalls = {
    seen: [],
    faults: [],
    bans: [],
    closed,
    hold(method) {
      const { promise, resolve } = Promise.withResolvers<void>();
      held.set(method, promise);
      return () => {
        held.delete(method);
        resolve();
      };
    },
    isBanned: (what) =>
      calls.bans.some(
        ({ verb, resource, namespace }) =>
          verb === what.verb && resource === what.resource && (namespace === undefined || namespace === what.namespace),
      ),
    async answer(call, limits, what, work) {
      calls.seen.push(call);
      const waiting = held.get(call.method);
      if (waiting !== undefined) await unlessAborted(waiting, limits.signal, closed);
      await Promise.resolve();
      if (limits.signal?.aborted === true || closed.aborted)
        return refused('cancelled', `${call.detail}: the call was cancelled`);
      if (what !== null && calls.isBanned(what)) {
        const where = what.namespace === null ? '' : ` in namespace ${what.namespace}`;
        return refused('forbidden', `${what.verb} ${what.resource}${where} is not allowed for the fake's user`, {
          status: 403,
        });
      }
      for (let waitedMs = 0; ; ) {
        const fault = takeFault(calls.faults, used, call);
        if (fault === null) return await work();
        if (fault.happens === true) await work();
        const patienceMs = (READS.has(call.method) ? READ_PATIENCE_MS : CHANGE_PATIENCE_MS) - waitedMs;
        const waitMs = waitBeforeRepeat(fault.error, { leftMs: limits.timeoutMs - waitedMs, patienceMs });
        if (waitMs === null) return { ok: false, error: fault.error };
        // No time passes here; it is only counted.
        waitedMs += waitMs;
      }
    },
  };
  return calls;
}

function takeFault(faults: FakeFault[], used: Map<FakeFault, number>, call: FakeCall): FakeFault | null {
  const fault = faults.find((each) => each.method === call.method && (each.when?.(call) ?? true));
  if (fault === undefined) return null;
  const count = (used.get(fault) ?? 0) + 1;
  used.set(fault, count);
  if (count >= (fault.times ?? 1)) faults.splice(faults.indexOf(fault), 1);
  return fault;
}

async function unlessAborted(work: Promise<void>, ...signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of signals) {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  }
  await Promise.race([work, promise]);
}
