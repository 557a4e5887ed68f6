import type {
  DrillError,
  DrillFindings,
  DrillOrder,
  DrillPort,
  DrillPrograms,
  DrillResult,
} from '../../src/core/ports/drill.ts';

/** What a fake drill was asked to restore. */
export interface RestoredOrder extends Pick<DrillOrder, 'id' | 'version' | 'sizeBytes' | 'revision'> {
  /** Bytes of the content, read to its end. */
  readonly bytes: number;
}

/** A drill port without programs, that answers what a test wants. */
export interface FakeDrill extends DrillPort {
  /** Every restore whose content came to its end. */
  readonly orders: readonly RestoredOrder[];
  /** What the next restores find; functions see the order. */
  finds(findings: DrillFindings | ((order: DrillOrder) => DrillFindings)): void;
  /** The next call that gets that far fails with this, once. */
  failsNext(at: 'programs' | 'restore', error: DrillError): void;
}

const PROGRAMS: DrillPrograms = { version: '3.5.16', etcd: '/opt/etcd/etcd', restore: '/opt/etcd/etcdutl' };

/** Begins with programs of 3.5.16 and an empty database that is at the revision of the order. */
export function createFakeDrill(programs: DrillPrograms = PROGRAMS): FakeDrill {
  const orders: RestoredOrder[] = [];
  const failures = new Map<'programs' | 'restore', DrillError>();
  let find: (order: DrillOrder) => DrillFindings = (order) => emptyAt(programs, order.revision);

  function failureAt(at: 'programs' | 'restore', signal: AbortSignal): DrillError | null {
    if (signal.aborted) return CANCELLED;
    const failure = failures.get(at) ?? null;
    failures.delete(at);
    return failure;
  }
  async function restore(
    order: DrillOrder,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<DrillResult<DrillFindings>> {
    if (signal.aborted) return no(CANCELLED);
    const bytes = await lengthOf(order.content);
    if (typeof bytes === 'string') return no({ code: 'content-failed', message: bytes });
    const { id, version, sizeBytes, revision } = order;
    if (bytes !== sizeBytes)
      return no({ code: 'content-failed', message: `The snapshot came with ${bytes} bytes instead of ${sizeBytes}` });
    orders.push({ id, version, sizeBytes, revision, bytes });
    order.onProgress?.('The keys are being counted and hashed.');
    const failure = failureAt('restore', signal);
    return failure === null ? { ok: true, value: find(order) } : no(failure);
  }
  return {
    orders,
    finds(findings) {
      find = typeof findings === 'function' ? findings : () => findings;
    },
    failsNext: (at, error) => void failures.set(at, error),
    async programsFor(_version, { signal }) {
      const failure = failureAt('programs', signal);
      return await Promise.resolve(failure === null ? { ok: true, value: programs } : no(failure));
    },
    restore,
  };
}

const CANCELLED: DrillError = { code: 'cancelled', message: 'The drill was cancelled' };

function emptyAt(programs: DrillPrograms, revision: string): DrillFindings {
  const none = { keys: 0, hashKv: null, resources: [], encryptionProviders: [], alarmsDisarmed: 0 };
  return { programs, revision, ...none, tookWrite: true };
}

/** How many bytes came, or why not all did. */
async function lengthOf(content: AsyncIterable<Uint8Array>): Promise<number | string> {
  let bytes = 0;
  try {
    for await (const piece of content) bytes += piece.length;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return bytes;
}

function no(error: DrillError): { readonly ok: false; readonly error: DrillError } {
  return { ok: false, error };
}
