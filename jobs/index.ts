import type { AnyRunbook } from '../src/core/runbook.ts';
import { alarms } from './alarms/runbook.ts';
import { backups } from './backups/runbook.ts';
import { drain } from './drain/runbook.ts';
import { etcdBackup } from './etcd-backup/runbook.ts';
import { etcdDefrag } from './etcd-defrag/runbook.ts';
import { etcdDrill } from './etcd-drill/runbook.ts';
import { etcdReplace } from './etcd-replace/runbook.ts';
import { members } from './members/runbook.ts';
import { nodegroups } from './nodegroups/runbook.ts';
import { status } from './status/runbook.ts';
import { uncordon } from './uncordon/runbook.ts';
import { undo } from './undo/runbook.ts';
import { upgrade } from './upgrade/runbook.ts';

/** Every runbook there is. */
export const runbooks = [
  status,
  members,
  alarms,
  backups,
  nodegroups,
  etcdDefrag,
  etcdBackup,
  etcdDrill,
  etcdReplace,
  drain,
  uncordon,
  upgrade,
  undo,
] as const satisfies readonly AnyRunbook[];
