import type { AnyRunbook } from '../src/core/runbook.ts';
import { alarms } from './alarms/runbook.ts';
import { backups } from './backups/runbook.ts';
import { etcdBackup } from './etcd-backup/runbook.ts';
import { etcdDefrag } from './etcd-defrag/runbook.ts';
import { etcdDrill } from './etcd-drill/runbook.ts';
import { etcdReplace } from './etcd-replace/runbook.ts';
import { members } from './members/runbook.ts';
import { status } from './status/runbook.ts';

/** Every runbook there is. */
export const runbooks = [
  status,
  members,
  alarms,
  backups,
  etcdDefrag,
  etcdBackup,
  etcdDrill,
  etcdReplace,
] as const satisfies readonly AnyRunbook[];
