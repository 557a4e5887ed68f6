import type { NodeReading } from '../../kubernetes/node.ts';
import { parseTime } from '../../time.ts';
import { type CapiCondition, conditionIn, conditionWords } from '../conditions.ts';
import type { UpgradeMachine } from './view.ts';

/** Where a machine is on its way. */
export type MachineStage = 'booting' | 'joining' | 'ready' | 'unready' | 'leaving';

/** Reasons of `Deleting` as people say them. Source: Cluster API, `api/core/v1beta2/machine_types.go`. */
const LEAVING: Readonly<Record<string, string>> = {
  WaitingForPreDrainHook: 'waits for a hook before its drain',
  DrainingNode: 'draining',
  WaitingForVolumeDetach: 'waits for its volumes',
  WaitingForPreTerminateHook: 'waits for a hook before its end',
  WaitingForInfrastructureDeletion: 'waits for its host to go',
  WaitingForBootstrapDeletion: 'waits for its bootstrap data to go',
  DeletingNode: 'deleting its node',
  DeletionCompleted: 'gone',
};

/** Where a machine is, from itself and from its node. */
export function stageOf(machine: UpgradeMachine, node: NodeReading | null): MachineStage {
  if (machine.deletingSince !== null) return 'leaving';
  if (machine.node === null) return machine.providerId === '' ? 'booting' : 'joining';
  return node?.ready === 'yes' ? 'ready' : 'unready';
}

/** One machine in a few words. `detail` begins with what stands between it and the word, or is empty. */
export interface MachineSays {
  readonly word: string;
  readonly detail: string;
}

/** How a machine is: `ready`, `draining` with `: …`, `booting` with `: the instance is pending`. One line. */
export function machineSays(machine: UpgradeMachine, node: NodeReading | null): MachineSays {
  switch (stageOf(machine, node)) {
    case 'leaving':
      return leaving(machine);
    case 'booting':
      return { word: 'booting', detail: bootTrouble(machine) };
    case 'joining':
      return { word: 'joining', detail: bootTrouble(machine) };
    case 'unready':
      if (node === null) return { word: 'node gone', detail: `: ${machine.node ?? ''}` };
      return { word: 'node not ready', detail: node.why === '' ? '' : `: ${oneLine(node.why)}` };
    case 'ready':
      return { word: 'ready', detail: '' };
  }
}

/** The same as one text. */
export function machineWords(machine: UpgradeMachine, node: NodeReading | null): string {
  const { word, detail } = machineSays(machine, node);
  return `${word}${detail}`;
}

/** What holds the end of a machine: the condition names pods and the budgets that hold them. */
function leaving(machine: UpgradeMachine): MachineSays {
  const said = conditionIn(machine.conditions, 'Deleting') ?? conditionIn(machine.conditions, 'DrainingSucceeded');
  const why = said === null || said.message === '' ? '' : `: ${oneLine(said.message)}`;
  const stage = said === null ? null : (LEAVING[said.reason] ?? (said.reason === 'Draining' ? 'draining' : null));
  const hooks = [...machine.drainHooks, ...machine.hooks.filter((hook) => hook !== 'kcp-cleanup')];
  const held = hooks.length === 0 ? '' : ` (held by ${hooks.map((hook) => `hook ${hook}`).join(', ')})`;
  return { word: stage ?? 'being deleted', detail: `${why}${held}` };
}

/** Conditions of a machine that say why it has no ready node yet, first what comes first. Source: Cluster API, `machine_types.go` of both versions. */
const BOOT = ['InfrastructureReady', 'BootstrapConfigReady', 'BootstrapReady', 'NodeHealthy', 'HealthCheckSucceeded'];

function bootConditions(machine: UpgradeMachine): readonly CapiCondition[] {
  return BOOT.flatMap((type) => conditionIn(machine.conditions, type) ?? []).filter(({ status }) => status !== 'True');
}

/** Why a new machine has no node yet, in its own words: `: the instance is pending`; empty: it says nothing. */
function bootTrouble(machine: UpgradeMachine): string {
  const [first] = bootConditions(machine);
  const said = first === undefined ? '' : first.message || first.reason;
  return said === '' ? '' : `: ${oneLine(said)}`;
}

/** All that a new machine says of why it has no ready node; empty: nothing. */
export function bootWords(machine: UpgradeMachine): string {
  return bootConditions(machine).map(conditionWords).join('; ');
}

/** How long ago, short: `40s`, `12m`, `3h`; empty: just now, or it cannot be told. */
export function ageWords(iso: string | null, nowMs: number): string {
  const at = iso === null ? 0 : parseTime(iso);
  const seconds = Math.floor((nowMs - at) / 1000);
  if (at === 0 || seconds < 10) return '';
  if (seconds < 120) return `${Math.floor(seconds / 10) * 10}s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3600)}h`;
}

/** Lists of lines as one line; that a drain goes on is said before it. */
export function oneLine(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^\s*\*\s*/, '').trim());
  const [first = ''] = lines;
  const told = lines.length > 1 && first.startsWith('Drain not completed yet') ? lines.slice(1) : lines;
  return told
    .filter((line) => line !== '')
    .join('; ')
    .replaceAll(/:; /g, ': ');
}
