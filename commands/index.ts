import type { AnyCommand } from '../src/core/command.ts';
import { alarms } from './alarms.ts';
import { approve } from './approve.ts';
import { audit } from './audit.ts';
import { backup } from './backup.ts';
import { backups } from './backups.ts';
import { canI } from './can-i.ts';
import { cancel } from './cancel.ts';
import { clusters } from './clusters.ts';
import { continueRun } from './continue.ts';
import { defrag } from './defrag.ts';
import { drain } from './drain.ts';
import { drill } from './drill.ts';
import { freeze } from './freeze.ts';
import { help } from './help.ts';
import { lock } from './lock.ts';
import { locks } from './locks.ts';
import { members } from './members.ts';
import { nodegroups } from './nodegroups.ts';
import { reject } from './reject.ts';
import { replace } from './replace.ts';
import { runs } from './runs.ts';
import { schedule } from './schedule.ts';
import { schedules } from './schedules.ts';
import { show } from './show.ts';
import { standing } from './standing.ts';
import { status } from './status.ts';
import { thaw } from './thaw.ts';
import { uncordon } from './uncordon.ts';
import { undo } from './undo.ts';
import { unlock } from './unlock.ts';
import { unschedule } from './unschedule.ts';
import { upgrade } from './upgrade.ts';

/** Everything a person can type after `/kube`, in the order of the help. */
export const commands = [
  status,
  members,
  alarms,
  backups,
  nodegroups,
  clusters,
  runs,
  show,
  audit,
  locks,
  schedules,
  help,
  defrag,
  backup,
  drill,
  replace,
  drain,
  uncordon,
  upgrade,
  approve,
  reject,
  cancel,
  continueRun,
  undo,
  canI,
  freeze,
  thaw,
  lock,
  unlock,
  schedule,
  standing,
  unschedule,
] as const satisfies readonly AnyCommand[];
