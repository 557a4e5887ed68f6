import type { AnyRunbook } from '../src/core/runbook.ts';
import { alarms } from './alarms/runbook.ts';
import { etcdDefrag } from './etcd-defrag/runbook.ts';
import { members } from './members/runbook.ts';
import { status } from './status/runbook.ts';

/** Every runbook there is. */
export const runbooks = [status, members, alarms, etcdDefrag] as const satisfies readonly AnyRunbook[];
