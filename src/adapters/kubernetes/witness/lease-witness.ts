import type {
  KubernetesError,
  KubernetesErrorCode,
  KubernetesObject,
  KubernetesPort,
} from '../../../core/ports/kubernetes.ts';
import type { Clock, Log } from '../../../core/ports/runtime.ts';
import type { Announcement, Witness, WitnessAnswer } from '../../../core/ports/witness.ts';
import {
  hasCall,
  type KnownRun,
  otherContradiction,
  ownContradiction,
  type RecordedCall,
} from '../../../core/witness.ts';
import { adviceOn, adviceOnGone } from './advice.ts';
import { LABEL, leaseName, leaseOf, noteOf } from './lease.ts';

/** What the witness needs. */
export interface LeaseWitnessOptions {
  readonly kubernetes: Pick<KubernetesPort, 'get' | 'list' | 'create' | 'replace' | 'delete'>;
  /** Namespace of the Leases. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Log;
}

const CALL_MS = 3000;
/** Tries against an API server that does not answer, or that somebody else writes to. */
const TRIES = 3;
const PAUSE_MS = 500;
/** How long the Lease of a run that ended is tried to be taken away: as long as an API server takes to restart. */
const FORGET_MS = 15_000;
/** A server that asks for more than a call's time is waited for so long before the next try. */
const LONGEST_PAUSE_MS = 10_000;
const KIND = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' } as const;

/**
 * The witness in Lease objects, one a run. Each looks at the others before its first note, so that a run that is stopped there stands
 * in nobody's way, and again after every note, so that of two that come at the same time at least one sees the other.
 */
export function createLeaseWitness(options: LeaseWitnessOptions): Witness {
  return {
    announce: async (announcement, signal) => await announce(options, announcement, signal),
    observed: async (run, signal) => await markObserved(options, run, signal),
    forget: async (run, record, signal) => await forget(options, run, record, signal),
  };
}

type Read =
  | { readonly ok: true; readonly lease: KubernetesObject | null }
  | { readonly ok: false; readonly error: KubernetesError };

async function read({ kubernetes, namespace }: LeaseWitnessOptions, run: string, signal: AbortSignal): Promise<Read> {
  const got = await kubernetes.get({ ...KIND, namespace, name: leaseName(run) }, { timeoutMs: CALL_MS, signal });
  if (got.ok) return { ok: true, lease: got.value };
  return got.error.code === 'not-found' ? { ok: true, lease: null } : got;
}

async function announce(
  options: LeaseWitnessOptions,
  announcement: Announcement,
  signal: AbortSignal,
): Promise<WitnessAnswer> {
  let why = 'it was not tried';
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const tried = await announceOnce(options, announcement, signal);
    if (tried.kind !== 'unavailable') return tried;
    ({ why } = tried);
    if (signal.aborted || tried.forGood) break;
    if (attempt < TRIES) await options.clock.sleep(pauseFor(tried.retryAfterMs), signal).catch(() => undefined);
  }
  return { kind: 'unavailable', why };
}

async function announceOnce(
  options: LeaseWitnessOptions,
  announcement: Announcement,
  signal: AbortSignal,
): Promise<Tried> {
  const { kubernetes, namespace, clock } = options;
  const { note, record } = announcement;
  const own = await read(options, note.run, signal);
  if (!own.ok) return unavailable(own.error);
  const remembered = own.lease === null ? null : noteOf(own.lease);
  const contradiction =
    own.lease !== null && remembered === null
      ? 'The note of this run cannot be read'
      : ownContradiction(remembered, note, record);
  if (contradiction !== null && own.lease === null)
    return {
      kind: 'contradiction',
      why: `${contradiction} ${adviceOnGone({ namespace, name: leaseName(note.run) })}.`,
    };
  // It stays when this run has ended, until a person has looked.
  if (contradiction !== null)
    return contradicted(contradiction, { namespace, name: leaseName(note.run) }, 'ended-without-it');
  if (own.lease === null) {
    const before = await lookAtOthers(options, announcement, signal);
    if (before.kind !== 'go') return before;
  }
  const lease = leaseOf(note, { namespace, nowMs: clock.nowMs(), existing: own.lease });
  const call = { timeoutMs: CALL_MS, signal };
  const written = own.lease === null ? await kubernetes.create(lease, call) : await kubernetes.replace(lease, call);
  if (written.ok) return await lookAtOthers(options, announcement, signal);
  // Also after a lost answer: the next try reads what is there.
  if (written.error.code !== 'no-space') return unavailable(written.error);
  // A full etcd takes no note, and is what the run is there to mend: everything else was compared, the rest is compared now.
  const others = await lookAtOthers(options, announcement, signal);
  return others.kind === 'go' ? { kind: 'go', unnoted: written.error.message } : others;
}

async function lookAtOthers(
  options: LeaseWitnessOptions,
  announcement: Announcement,
  signal: AbortSignal,
): Promise<Tried> {
  const { kubernetes, namespace } = options;
  const { note } = announcement;
  const query = { ...KIND, namespace, labelSelector: LABEL };
  const listed = await kubernetes.list(query, { timeoutMs: CALL_MS, signal });
  if (!listed.ok) return unavailable(listed.error);
  for (const lease of listed.value.items) {
    const run = lease.metadata.labels?.[LABEL] ?? '';
    if (run === note.run) continue;
    const other = noteOf(lease);
    const is = await announcement.known(run, other);
    if (is === 'ended') {
      await remove(options, lease, signal);
      continue;
    }
    const why = other === null ? `The note of run ${run} cannot be read` : otherContradiction(other, note, is);
    if (why !== null) return contradicted(why, { namespace, name: lease.metadata.name }, is);
  }
  return { kind: 'go' };
}

function contradicted(why: string, lease: Parameters<typeof adviceOn>[0], is: KnownRun): Tried {
  return { kind: 'contradiction', why: `${why} ${adviceOn(lease, is)}.` };
}

async function markObserved(options: LeaseWitnessOptions, run: string, signal: AbortSignal): Promise<void> {
  const own = await read(options, run, signal);
  const note = own.ok && own.lease !== null ? noteOf(own.lease) : null;
  if (!own.ok) options.log.warn('the cluster was not told that a call was looked at', { error: own.error.message });
  if (!own.ok || own.lease === null || note === null) return;
  const place = { namespace: options.namespace, nowMs: options.clock.nowMs(), existing: own.lease };
  const lease = leaseOf({ ...note, observed: true }, place);
  const written = await options.kubernetes.replace(lease, { timeoutMs: CALL_MS, signal });
  if (!written.ok)
    options.log.warn('the cluster was not told that a call was looked at', { error: written.error.message });
}

async function forget(
  options: LeaseWitnessOptions,
  run: string,
  record: readonly RecordedCall[],
  signal: AbortSignal,
): Promise<void> {
  const untilMs = options.clock.nowMs() + FORGET_MS;
  while (true) {
    const own = await read(options, run, signal);
    if (own.ok && own.lease === null) return;
    const note = own.ok && own.lease !== null ? noteOf(own.lease) : null;
    if (own.ok && (note === null || !hasCall(record, note))) {
      options.log.warn('the Lease of a run that ended stays for a person: its record does not have that call', { run });
      return;
    }
    if (own.ok && own.lease !== null && (await remove(options, own.lease, signal))) return;
    const pauseMs = pauseFor(own.ok ? undefined : own.error.retryAfterMs);
    const forGood = !own.ok && FOR_GOOD.has(own.error.code);
    if (signal.aborted || forGood || options.clock.nowMs() + pauseMs > untilMs) break;
    await options.clock.sleep(pauseMs, signal).catch(() => undefined);
  }
  options.log.warn('the Lease of a run that ended is left in the cluster; the next run there removes it', { run });
}

/** Deletes a Lease as it was read, and not another one of its name. Answers whether it is gone. */
async function remove(
  { kubernetes, namespace }: LeaseWitnessOptions,
  { metadata: { name, uid, resourceVersion } }: KubernetesObject,
  signal: AbortSignal,
): Promise<boolean> {
  const preconditions = { uid, resourceVersion };
  const gone = await kubernetes.delete({ ...KIND, namespace, name }, { timeoutMs: CALL_MS, signal, preconditions });
  return gone.ok || gone.error.code === 'not-found';
}

type Tried =
  | Exclude<WitnessAnswer, { readonly kind: 'unavailable' }>
  | {
      readonly kind: 'unavailable';
      readonly why: string;
      readonly forGood: boolean;
      readonly retryAfterMs: number | undefined;
    };

const FOR_GOOD: ReadonlySet<KubernetesErrorCode> = new Set([
  'forbidden',
  'unauthorized',
  'not-configured',
  'no-such-kind',
]);

function unavailable({ code, message, retryAfterMs }: KubernetesError): Tried {
  return { kind: 'unavailable', why: message, forGood: FOR_GOOD.has(code), retryAfterMs };
}

/** The pause before the next try: as long as the server asks for, up to {@link LONGEST_PAUSE_MS}. */
function pauseFor(askedMs = 0): number {
  return Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, askedMs));
}
