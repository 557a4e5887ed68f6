import { commands } from '../../commands/index.ts';
import type { CommandContext, RunDesk } from '../../src/core/command.ts';
import { emptyAudit } from './no-audit.ts';
import { NO_CONTROL } from './no-control.ts';
import { sampleApprovals } from './run-samples.ts';
import { sampleCluster } from './sample-cluster.ts';

async function nothing(): Promise<never> {
  return await Promise.reject(new Error('nothing is asked of the desk'));
}

/** A desk that fails whatever is asked of it. */
export const NO_DESK: RunDesk = {
  list: nothing,
  find: nothing,
  findToCancel: nothing,
  findToDecide: nothing,
  waiting: nothing,
  vote: nothing,
  cancel: nothing,
};

/** What a command is given by a person with no role, in the channel of `prod`. */
export function commandContext(over: Partial<CommandContext> = {}): CommandContext {
  return {
    actor: { team: 'T0HOME', user: 'U0OPERATOR' },
    policy: { homeTeam: 'T0HOME', roles: [], rules: [], defaultApprovals: sampleApprovals() },
    clusters: [sampleCluster()],
    commands,
    control: NO_CONTROL,
    audit: emptyAudit,
    origin: { channel: 'C0OPS', threadTs: null },
    nowMs: () => 0,
    desk: NO_DESK,
    ...over,
  };
}
