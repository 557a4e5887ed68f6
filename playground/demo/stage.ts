import { NODE_NOT_READY_MS } from '../drydock-yaml.ts';
import { readFaultLine } from '../faults/command.ts';
import type { FaultOrder } from '../faults/faults.ts';
import type { SwitchOrder } from '../faults/switches.ts';
import type { Playground } from '../playground.ts';
import { waitFor } from '../waiting.ts';
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

/** A cluster says late that a node does not report, and Drydock believes that only when it has been said for a while. */
const BELIEVED_MS = NODE_NOT_READY_MS + 3_000;
const SEEN_MS = 240_000;

/**
 * Waits until the cluster has said long enough that a node is away, so that the next command finds what it is about. Where somebody tells
 * of the machine itself, nobody has to wait.
 */
async function untilSeen(
  platforms: Playground['platforms'],
  order: FaultOrder | SwitchOrder,
  write: (line: string) => void,
): Promise<void> {
  if ('switch' in order) return;
  const { cluster, fault, member: name } = order;
  const platform = platforms.find((each) => each.name === cluster);
  const kubelet = platform?.members().find((each) => each.name === name)?.kubelet ?? null;
  const toldOfMachine = fault === 'stop-machine' && platform?.entry['platform'] !== 'kubeadm';
  if (kubelet === null || toldOfMachine || (fault !== 'stop-machine' && fault !== 'not-ready')) return;
  write(`playground: Waiting until the cluster has said for ${NODE_NOT_READY_MS / 1_000} s that ${name} is not ready.`);
  await waitFor(
    `the cluster to say that ${name} is not ready`,
    async () => {
      const since = await kubelet.notReadySince();
      return since !== null && Date.now() - since.getTime() >= BELIEVED_MS;
    },
    { timeoutMs: SEEN_MS, everyMs: 1_000 },
  );
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
      await untilSeen(playground.platforms, order, write);
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
