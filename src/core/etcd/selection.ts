import { formatBytes, formatShare } from '../bytes.ts';
import type { DefragSettings } from '../cluster-profile.ts';
import type { Ring, RingMember } from './ring.ts';
import { hasAlarm } from './ring.ts';

/** What was asked for. */
export interface SelectionRequest {
  /** Names or ids; empty: by rule. A named member is taken whatever its file looks like. */
  readonly named: readonly string[];
  readonly all: boolean;
}

/** One member with the reason why it is taken or left. */
export interface Chosen {
  readonly member: RingMember;
  readonly reason: string;
}

/** Which members are defragmented and which are left, each with its reason. By label. */
export interface Selection {
  readonly selected: readonly Chosen[];
  readonly left: readonly Chosen[];
  /** Names that fit no member, or more than one. */
  readonly unknown: readonly string[];
}

/**
 * Selects by the rule of the two alerts: less than half of the file in use, or more than half of the quota used; every
 * member under a NOSPACE alarm; every member with `all`. A named member is selected because it was named.
 */
export function selectMembers(ring: Ring, settings: DefragSettings, request: SelectionRequest): Selection {
  const unknown = request.named.filter((name) => resolveMembers(ring, name).length !== 1);
  const named = new Set(request.named.flatMap((name) => resolveMembers(ring, name)).map((each) => each.id));
  const selected: Chosen[] = [];
  const left: Chosen[] = [];
  for (const member of ring.members) {
    const choice = judge(ring, member, settings, request, named);
    (choice.take ? selected : left).push({ member, reason: choice.reason });
  }
  return { selected, left, unknown };
}

/** The members that a name or id stands for. */
export function resolveMembers(ring: Ring, name: string): readonly RingMember[] {
  return ring.members.filter((each) => each.id === name || each.member.name === name || each.label === name);
}

interface Choice {
  readonly take: boolean;
  readonly reason: string;
}

function judge(
  ring: Ring,
  each: RingMember,
  settings: DefragSettings,
  request: SelectionRequest,
  named: ReadonlySet<string>,
): Choice {
  if (each.learner) return { take: false, reason: 'a learner cannot be defragmented' };
  if (each.status === null) return { take: false, reason: `it does not answer: ${each.trouble ?? 'unknown'}` };
  if (request.named.length > 0) {
    return named.has(each.id)
      ? { take: true, reason: 'named in the command' }
      : { take: false, reason: 'not named in the command' };
  }
  if (request.all) return { take: true, reason: 'all members were asked for' };
  if (hasAlarm(ring, 'NOSPACE')) return { take: true, reason: 'a NOSPACE alarm is active' };
  return byFile(each, each.status, settings);
}

function byFile(
  each: RingMember,
  status: { readonly dbSizeBytes: number; readonly dbSizeInUseBytes: number },
  settings: DefragSettings,
): Choice {
  const size = status.dbSizeBytes;
  const free = size - status.dbSizeInUseBytes;
  const share = `${formatShare(status.dbSizeInUseBytes, size)} of ${formatBytes(size)} in use`;
  const quota = `${formatShare(size, each.quota.bytes)} of the quota used`;
  if (free > size * settings.minFragmented) return { take: true, reason: share };
  if (size > each.quota.bytes * settings.maxQuotaUsed) return { take: true, reason: quota };
  return { take: false, reason: `${share}, ${quota}` };
}
