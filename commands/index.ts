import type { AnyCommand } from '../src/core/command.ts';
import { alarms } from './alarms.ts';
import { approve } from './approve.ts';
import { audit } from './audit.ts';
import { canI } from './can-i.ts';
import { cancel } from './cancel.ts';
import { clusters } from './clusters.ts';
import { defrag } from './defrag.ts';
import { help } from './help.ts';
import { members } from './members.ts';
import { reject } from './reject.ts';
import { runs } from './runs.ts';
import { show } from './show.ts';
import { status } from './status.ts';

/** Everything a person can type after `/kube`, in the order of the help. */
export const commands = [
  status,
  members,
  alarms,
  clusters,
  runs,
  show,
  audit,
  help,
  defrag,
  approve,
  reject,
  cancel,
  canI,
] as const satisfies readonly AnyCommand[];
