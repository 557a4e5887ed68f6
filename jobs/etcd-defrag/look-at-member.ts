import type { EtcdError, EtcdMember, EtcdResult, EtcdStatus } from '../../src/core/ports/etcd.ts';
import type { StepContext } from '../../src/core/step.ts';
import { LOOK_TIMEOUT_MS } from '../steps/read-ring.ts';
import { type WayReason, wayReason } from './call-error.ts';

/** One look at a member during or after its turn. */
export type Look =
  /** `hidden`: whether it is at work cannot be seen. */
  | { readonly kind: 'answers'; readonly status: EtcdStatus; readonly busy: boolean; readonly hidden: boolean }
  /** `missed`: no connection came about. `refuses`: no process listens there. `way`: why it was not even asked; `null`: it was. */
  | {
      readonly kind: 'silent';
      readonly error: string;
      readonly missed: boolean;
      readonly refuses: boolean;
      readonly way: WayReason | null;
    };

/** Looks once. Who answers in place of the member is not believed. */
export async function lookAt(context: StepContext<'etcd'>, member: EtcdMember, id: string): Promise<Look> {
  const { etcd } = context.ports;
  const call = { timeoutMs: LOOK_TIMEOUT_MS, signal: context.signal };
  const status = await etcd.status(member, call);
  if (!status.ok) return silent(status.error);
  if (status.value.memberId !== id)
    return silent({ code: 'wrong-member', message: 'another member answers at its address' });
  const inflight = await etcd.defragInflight(member, call);
  const busy = inflight.ok ? inflight.value : null;
  return { kind: 'answers', status: status.value, busy: busy === true, hidden: busy === null };
}

/** A look that showed nothing, and why. */
export function silent(error: EtcdError): Look {
  return {
    kind: 'silent',
    error: error.message,
    missed: error.code === 'unreachable',
    refuses: error.refusesConnections === true,
    way: wayReason(error),
  };
}

/** Looks a member up by its id. */
export async function findMember(context: StepContext<'etcd'>, id: string): Promise<EtcdResult<EtcdMember>> {
  const list = await context.ports.etcd.members({
    timeoutMs: LOOK_TIMEOUT_MS,
    signal: context.signal,
    linearizable: false,
  });
  if (!list.ok) {
    const { code, message, apiRefused } = list.error;
    const words = `no member answers with a member list (${message})`;
    // Said of the ring: of this member's process it tells nothing.
    if (apiRefused === true) return { ok: false, error: { code, message: words, apiRefused } };
    return { ok: false, error: { code: code === 'unreachable' ? 'unknown-outcome' : code, message: words } };
  }
  const found = list.value.members.find((each) => each.id === id);
  if (found !== undefined) return { ok: true, value: found };
  return { ok: false, error: { code: 'wrong-member', message: 'no member answers with a member list that has it' } };
}

/** When the member's process began, s since the epoch by its own machine's clock; `null`: cannot be seen. */
export async function processStart(context: StepContext<'etcd'>, member: EtcdMember): Promise<number | null> {
  const seen = await context.ports.etcd.startedAt(member, { timeoutMs: LOOK_TIMEOUT_MS, signal: context.signal });
  return seen.ok ? seen.value : null;
}

/** The figure is made of the machine's boot time in whole seconds, so that it may move a little, s. */
const SAME_START_S = 2;

/** Whether a process is another one than before; `null`: cannot be told. */
export function isRestarted(before: number | null, now: number | null): boolean | null {
  return before === null || now === null ? null : Math.abs(now - before) > SAME_START_S;
}
