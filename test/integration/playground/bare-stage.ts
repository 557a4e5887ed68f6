import type { Stage } from '../../../playground/demo/stage.ts';
import type { Workspace } from '../../../playground/workspace/workspace.ts';

/** A stage with a workspace and no machines: faults of `edge` are set, of anything else not; work is done once it is asked for. */
export function bareStage(workspace: Workspace, done: string[] = []): Stage {
  return {
    workspace,
    async fault(line) {
      done.push(line);
      return await Promise.resolve(line.includes(' edge ') ? undefined : 'There is no such cluster.');
    },
    async work(of) {
      done.push(`work for ${of}`);
      return await Promise.resolve(undefined);
    },
  };
}
