import { readFaultLine } from '../faults/command.ts';
import type { Playground } from '../playground.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** What a session plays on: the workspace, and what people and the playground do beside it. */
export interface Stage {
  readonly workspace: Workspace;
  /** Carries out a line that begins with `/fault`, and shows it. Answers why it was not carried out. */
  fault(line: string): Promise<string | undefined>;
  /**
   * Does what a person does outside Drydock for a cluster that waits for it, and shows it. Answers why there is nothing to do.
   *
   * @param of the cluster, or a run on it (`replace-prod-7f3k`)
   */
  work(of: string): Promise<string | undefined>;
}

/** Makes the stage of a playground. `write`: a line of the transcript. */
export function createStage(
  playground: Pick<Playground, 'workspace' | 'faults' | 'platforms'>,
  write: (line: string) => void,
): Stage {
  return {
    workspace: playground.workspace,
    async fault(line) {
      write(`playground: ${line.trim()}`);
      const order = readFaultLine(line);
      if ('problem' in order) return order.problem;
      const answer = await playground.faults.set(order);
      if (!answer.ok) return answer.problem;
      write(`playground: ${answer.said}`);
      return undefined;
    },
    async work(of) {
      const platform = playground.platforms.find(({ name }) => name === of || of.includes(`-${name}-`));
      const work = platform?.work ?? null;
      if (work === null) return `nobody works outside Drydock for ${of} here`;
      try {
        write(`playground: somebody ${await work()}.`);
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  };
}
