import type { KubernetesError, KubernetesObject, KubernetesPort } from '../../../core/ports/kubernetes.ts';
import type { Clock, Log } from '../../../core/ports/runtime.ts';
import type { Witness, WitnessAnswer } from '../../../core/ports/witness.ts';
import { type KnownRun, otherContradiction, ownContradiction, type WitnessNote } from '../../../core/witness.ts';
import { LABEL, leaseName, leaseOf, noteOf } from './lease.ts';

/** What the witness needs. */
export interface LeaseWitnessOptions {
  readonly kubernetes: Pick<KubernetesPort, 'get' | 'list' | 'create' | 'replace' | 'delete'>;
  /** Namespace of the Leases. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Log;
}

const CALL_MS = 5000;
/** Tries against an API server that does not answer, or that somebody else writes to. */
const TRIES = 4;
const PAUSE_MS = 1000;

/**
 * The witness in Lease objects, one a run. Each writes its own and looks at the others afterwards, so that of two that come at the
 * same time at least one sees the other.
 */
export function createLeaseWitness(options: LeaseWitnessOptions): Witness {
  return {
    announce: async (note, known, signal) => await announce(options, note, known, signal),
    observed: async (run, signal) => await markObserved(options, run, signal),
    forget: async (run, signal) => await forget(options, run, signal),
  };
}

type Read =
  | { readonly ok: true; readonly lease: KubernetesObject | null }
  | { readonly ok: false; readonly error: KubernetesError };

async function read({ kubernetes, namespace }: LeaseWitnessOptions, run: string, signal: AbortSignal): Promise<Read> {
  const ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name: leaseName(run) };
  const got = await kubernetes.get(ref, { timeoutMs: CALL_MS, signal });
  if (got.ok) return { ok: true, lease: got.value };
  return got.error.code === 'not-found' ? { ok: true, lease: null } : got;
}

async function announce(
  options: LeaseWitnessOptions,
  note: WitnessNote,
  known: (run: string) => Promise<KnownRun>,
  signal: AbortSignal,
): Promise<WitnessAnswer> {
  let why = 'it was not tried';
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const tried = await announceOnce(options, note, known, signal);
    if (tried.kind !== 'unavailable') return tried;
    ({ why } = tried);
    if (signal.aborted) break;
    if (attempt < TRIES) await options.clock.sleep(PAUSE_MS, signal).catch(() => undefined);
  }
  return { kind: 'unavailable', why };
}

async function announceOnce(
  options: LeaseWitnessOptions,
  note: WitnessNote,
  known: (run: string) => Promise<KnownRun>,
  signal: AbortSignal,
): Promise<WitnessAnswer> {
  const { kubernetes, namespace, clock } = options;
  const own = await read(options, note.run, signal);
  if (!own.ok) return unavailable(own.error);
  const remembered = own.lease === null ? null : noteOf(own.lease);
  if (own.lease !== null && remembered === null) {
    const why = `the note of this run cannot be read (Lease ${namespace}/${leaseName(note.run)})`;
    return { kind: 'contradiction', why };
  }
  const contradiction = ownContradiction(remembered, note);
  if (contradiction !== null) return { kind: 'contradiction', why: contradiction };
  const lease = leaseOf(note, { namespace, nowMs: clock.nowMs(), existing: own.lease });
  const call = { timeoutMs: CALL_MS, signal };
  const written = own.lease === null ? await kubernetes.create(lease, call) : await kubernetes.replace(lease, call);
  // Also after a lost answer: the next try reads what is there.
  if (!written.ok) return unavailable(written.error);
  return await lookAtOthers(options, note, known, signal);
}

async function lookAtOthers(
  { kubernetes, namespace }: LeaseWitnessOptions,
  note: WitnessNote,
  known: (run: string) => Promise<KnownRun>,
  signal: AbortSignal,
): Promise<WitnessAnswer> {
  const query = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, labelSelector: LABEL };
  const listed = await kubernetes.list(query, { timeoutMs: CALL_MS, signal });
  if (!listed.ok) return unavailable(listed.error);
  for (const lease of listed.value.items) {
    const other = noteOf(lease);
    if (other === null || other.run === note.run) continue;
    const why = otherContradiction(other, note, await known(other.run));
    if (why !== null) return { kind: 'contradiction', why: `${why} (Lease ${namespace}/${leaseName(other.run)})` };
  }
  return { kind: 'go' };
}

async function markObserved(options: LeaseWitnessOptions, run: string, signal: AbortSignal): Promise<void> {
  const own = await read(options, run, signal);
  const note = own.ok && own.lease !== null ? noteOf(own.lease) : null;
  if (!own.ok || own.lease === null || note === null) return;
  const place = { namespace: options.namespace, nowMs: options.clock.nowMs(), existing: own.lease };
  const lease = leaseOf({ ...note, observed: true }, place);
  const written = await options.kubernetes.replace(lease, { timeoutMs: CALL_MS, signal });
  if (!written.ok)
    options.log.warn('the cluster was not told that a call was looked at', { error: written.error.message });
}

async function forget(options: LeaseWitnessOptions, run: string, signal: AbortSignal): Promise<void> {
  const { kubernetes, namespace } = options;
  const own = await read(options, run, signal);
  if (!own.ok || own.lease === null) return;
  const ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name: leaseName(run) };
  const preconditions = { uid: own.lease.metadata.uid };
  const gone = await kubernetes.delete(ref, { timeoutMs: CALL_MS, signal, preconditions });
  if (!gone.ok && gone.error.code !== 'not-found')
    options.log.warn('the Lease of a run that ended is left in the cluster', { run, error: gone.error.message });
}

function unavailable(error: KubernetesError): WitnessAnswer {
  return { kind: 'unavailable', why: error.message };
}
