import { createHash } from 'node:crypto';
import type {
  EtcdError,
  EtcdPort,
  EtcdResult,
  EtcdSnapshot,
  EtcdSnapshotCall,
  EtcdSnapshotChunk,
} from '../../src/core/ports/etcd.ts';
import type { Ask, FakePortParts } from './etcd-port.ts';
import { reach, refusal } from './etcd-reach.ts';
import { announce, type FakeMember, type FakeRingState } from './etcd-state.ts';

const CHUNK_BYTES = 32 * 1024;
const PAGE_BYTES = 512;

/** Snapshots of the fake: as large as the member's file, with etcd's hash at the end; the content is the fake's own. */
export function snapshots({ ring, clock }: FakePortParts, ask: Ask): Pick<EtcdPort, 'snapshot'> {
  return {
    async snapshot(member, write, call) {
      const deadlineMs = clock.nowMs() + call.timeoutMs;
      const asked = { method: 'snapshot', member, needs: 'nothing', applies: false } as const;
      // A member that is busy when it is asked lets the stream stand, as one does that stops later.
      const firstMs = Math.min(call.stallMs, call.timeoutMs);
      const answer = await ask({ ...asked, call: { ...call, timeoutMs: firstMs } }, async (target) => {
        if (target.isLearner && target.version.startsWith('3.4.'))
          return no(refusal('refused', 'snapshot', 'etcdserver: rpc not supported for learner'));
        return await stream({ target, write, call, deadlineMs }, ring, clock);
      });
      if (answer.ok || answer.error.code !== 'unknown-outcome') return answer;
      return no(refusal('stalled', 'snapshot', 'no bytes'));
    },
  };
}

interface Streaming {
  readonly target: FakeMember;
  readonly write: Parameters<EtcdPort['snapshot']>[1];
  readonly call: EtcdSnapshotCall;
  readonly deadlineMs: number;
}

async function stream(
  { target, write, call, deadlineMs }: Streaming,
  ring: FakeRingState,
  clock: FakePortParts['clock'],
): Promise<EtcdResult<EtcdSnapshot>> {
  let sizeBytes = 0;
  target.streams += 1;
  try {
    for (const chunk of fileOf(ring, target)) {
      const untilMs = Math.min(deadlineMs, clock.nowMs() + call.stallMs);
      const lost = await reach({ member: target, call, what: 'snapshot', deadlineMs: untilMs, sent: true }, clock);
      if (lost !== null) return no(endOf(lost, target, clock.nowMs() >= deadlineMs));
      const written = await taken(write(chunk), call, deadlineMs, clock);
      if (written !== null) return no(refusal(written, 'snapshot', 'ended while its bytes were being written'));
      sizeBytes += chunk.bytes.length;
    }
    return { ok: true, value: { sizeBytes } };
  } finally {
    target.streams -= 1;
    announce(target);
  }
}

/** `null` when the bytes were taken, else what ended the wait for it. */
async function taken(
  writing: Promise<void>,
  call: EtcdSnapshotCall,
  deadlineMs: number,
  clock: FakePortParts['clock'],
): Promise<'cancelled' | 'incomplete' | null> {
  const done = new AbortController();
  const either = call.signal === undefined ? done.signal : AbortSignal.any([done.signal, call.signal]);
  // The sleeper is ended after the race: its own end would win it otherwise.
  const first = await Promise.race([
    writing.then(() => null),
    clock.sleep(Math.max(1, deadlineMs - clock.nowMs()), either).then(
      () => 'incomplete' as const,
      () => 'cancelled' as const,
    ),
  ]).finally(() => done.abort());
  return call.signal?.aborted === true ? 'cancelled' : first;
}

function endOf(lost: EtcdError, target: FakeMember, isOver: boolean): EtcdError {
  if (lost.code === 'cancelled') return lost;
  if (isOver) return refusal('incomplete', 'snapshot', 'not whole in time');
  return target.health === 'frozen'
    ? refusal('stalled', 'snapshot', 'no further bytes')
    : refusal('incomplete', 'snapshot', lost.message);
}

function* fileOf(ring: FakeRingState, member: FakeMember): Generator<EtcdSnapshotChunk> {
  const log = ring.log.map(({ revision, key, value }) => `${revision} ${key} ${value === null ? '' : 'x'}`);
  const content = Buffer.from([ring.clusterId, member.damaged ? member.id : '', ...log].join('\n'));
  const size = Math.ceil(Math.max(member.dbSizeBytes, content.length) / PAGE_BYTES) * PAGE_BYTES;
  const hash = createHash('sha256');
  for (let at = 0; at < size; at += CHUNK_BYTES) {
    const bytes = Buffer.alloc(Math.min(CHUNK_BYTES, size - at));
    content.subarray(at).copy(bytes);
    hash.update(bytes);
    yield { bytes, remainingBytes: size - at - bytes.length };
  }
  yield { bytes: hash.digest(), remainingBytes: 0 };
}

function no(error: EtcdError): { readonly ok: false; readonly error: EtcdError } {
  return { ok: false, error };
}
