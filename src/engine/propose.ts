import type { Actor } from '../core/actor.ts';
import type { AskResult, RequestDesk, RunAsk } from '../core/desk.ts';
import type { Notice } from '../core/notice.ts';
import type { Schedule } from '../core/schedule.ts';
import { auditRefusal } from './audit-of.ts';
import type { ControlDeps } from './control-deps.ts';
import type { DeskDeps } from './deps.ts';

/** What looking after freezes, schedules and standing approvals needs. */
export interface KeeperDeps extends ControlDeps, Pick<DeskDeps, 'policy' | 'freshPolicy'> {
  readonly desk: Pick<RequestDesk, 'request'>;
  /** Where the cards of a cluster go that were asked for nowhere; `null`: it is not configured here. */
  opsChannel(cluster: string): string | null;
  /** Why this person may give no commands at all any more; `null`: the policy decides. */
  dismissed(
    actor: Actor,
  ): Promise<{ readonly reason: Extract<AskResult, { kind: 'refused' }>['reason']; readonly why: string } | null>;
  /** Tells a channel. Answers whether it was told; it is tried again later if not. */
  tell(notice: Notice, key: string): Promise<boolean>;
}

/** What is proposed for a schedule. */
export type Proposal = Pick<RunAsk, 'actor' | 'order' | 'flags' | 'idempotencyKey' | 'standing' | 'standingQuestion'>;

/** Proposes a run for a schedule in the operations channel, as a person who must still be there. A refusal is audited. */
export async function propose(deps: KeeperDeps, schedule: Schedule, proposal: Proposal): Promise<AskResult> {
  const { cluster, command, policyVerb, text, id } = schedule;
  const { actor } = proposal;
  const channel = deps.opsChannel(cluster);
  const gone = await deps.dismissed(actor);
  if (gone !== null || channel === null) {
    const refused = gone ?? { reason: 'unknown-cluster' as const, why: `There is no cluster ${cluster} any more.` };
    const detail = { text, why: refused.why, schedule: id };
    await deps.store.audit([
      auditRefusal({ at: deps.clock.nowIso(), actor, cluster, run: null, reason: refused.reason, detail }),
    ]);
    return { kind: 'refused', ...refused };
  }
  const origin = { channel, threadTs: null };
  return await deps.desk.request({ ...proposal, command, policyVerb, origin, text: `${text} (${id})`, channel });
}

/** What the operations channel of a cluster is to be told; nothing where none is configured. */
export function noticeFor(
  deps: KeeperDeps,
  cluster: string,
  key: string,
  title: string,
  lines: readonly string[],
): { readonly notice?: { readonly key: string; readonly value: Notice } } {
  const channel = deps.opsChannel(cluster);
  return channel === null
    ? {}
    : { notice: { key, value: { channel, title, lines: [...lines], at: deps.clock.nowIso() } } };
}
