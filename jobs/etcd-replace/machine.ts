import { z } from 'zod';
import type { HostProgram } from '../../src/core/etcd/host-service.ts';
import type { HostErrorCode } from '../../src/core/ports/hosts.ts';
import type { ExecOutcome, KubernetesErrorCode } from '../../src/core/ports/kubernetes.ts';
import type { Ports } from '../../src/core/ports/ports.ts';
import type { StepContext } from '../../src/core/step.ts';
import { withNodeShell } from '../steps/node-shell.ts';

/** A host of a bare ring: what is configured for it, as it was approved. */
export const HostRef = z.object({
  on: z.literal('host'),
  /** As peer URLs have it. */
  host: z.string().min(1),
  service: z.string().min(1),
  dataDirectory: z.string().min(1),
  environmentFile: z.string().min(1),
});
export type HostRef = z.infer<typeof HostRef>;

/** A control-plane node of kubeadm, reached by a shell on it. */
export const NodeRef = z.object({
  on: z.literal('node'),
  node: z.string().min(1),
  /** Of the shell. */
  image: z.string().min(1),
});
export type NodeRef = z.infer<typeof NodeRef>;

/** Where the etcd process of a member runs. */
export const MachineRef = z.discriminatedUnion('on', [HostRef, NodeRef]);
export type MachineRef = z.infer<typeof MachineRef>;

/** What a program on a machine answered; else whether it may have run all the same. Words without a period. */
export type MachineAnswer =
  | { readonly ok: true; readonly outcome: ExecOutcome }
  | { readonly ok: false; readonly how: 'not-run' | 'unknown'; readonly why: string };

/** A machine on which programs can be run, for the time of some work. */
export interface Machine {
  /** What people call it. */
  readonly name: string;
  run(program: HostProgram): Promise<MachineAnswer>;
}

/** What work on machines needs of a step. */
export type MachineContext = StepContext<'etcd' | 'kubernetes' | 'hosts'>;

/** The work's answer, or why the machine could not be worked on, without a period. */
export type OnMachine<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

const CALL_MS = 20_000;

/** What people call the machine. */
export function machineName(ref: MachineRef): string {
  return ref.on === 'host' ? ref.host : ref.node;
}

/**
 * Why a machine is not worked on although the plan names it: what runs there as root is only what this worker is configured for, because the plan is
 * a record that others can write to. `null`: it may be.
 */
export function whyNotConfigured({ ports, cluster }: MachineContext, ref: MachineRef): string | null {
  if (ref.on === 'node') {
    return cluster.nodeShell?.image === ref.image
      ? null
      : `nodeShell.image of ${cluster.name} was changed after the plan was made`;
  }
  const { facts } = ports.hosts;
  if (facts === null) return `no access to hosts is configured for ${cluster.name} any more`;
  const same =
    facts.service === ref.service &&
    facts.dataDirectory === ref.dataDirectory &&
    facts.environmentFile === ref.environmentFile;
  return same ? null : `etcd.hosts of ${cluster.name} was changed after the plan was made`;
}

/** Does work on a machine: over ssh, or in a shell on the node, which is taken away afterwards. */
export async function onMachine<T>(
  context: MachineContext,
  ref: MachineRef,
  work: (machine: Machine) => Promise<T>,
): Promise<OnMachine<T>> {
  const why = whyNotConfigured(context, ref);
  if (why !== null) return { ok: false, why };
  if (ref.on === 'host') return { ok: true, value: await work(hostMachine(context, ref.host)) };
  return await withNodeShell(context, ref, async (shell) => {
    const run = async ({ argv, stdin }: HostProgram): Promise<MachineAnswer> => {
      const answer = await shell.run(argv, { timeoutMs: CALL_MS, ...(stdin === undefined ? {} : { stdin }) });
      if (answer.ok) return { ok: true, outcome: answer.value };
      const how = UNKNOWN_OF_SHELLS.has(answer.error.code) ? 'unknown' : 'not-run';
      return { ok: false, how, why: answer.error.message };
    };
    return await work({ name: ref.node, run });
  });
}

/** A host, for looking at it. */
export function hostMachine(
  { ports, signal }: { readonly ports: Pick<Ports, 'hosts'>; readonly signal: AbortSignal },
  host: string,
): Machine {
  return {
    name: host,
    run: async ({ argv, stdin }) => {
      const call = { timeoutMs: CALL_MS, signal, ...(stdin === undefined ? {} : { stdin }) };
      const answer = await ports.hosts.run(host, argv, call);
      if (answer.ok) return { ok: true, outcome: answer.value };
      const how = UNKNOWN_OF_HOSTS.has(answer.error.code) ? 'unknown' : 'not-run';
      return { ok: false, how, why: answer.error.message };
    },
  };
}

const UNKNOWN_OF_HOSTS: ReadonlySet<HostErrorCode> = new Set(['unknown-outcome', 'too-large', 'cancelled']);
const UNKNOWN_OF_SHELLS: ReadonlySet<KubernetesErrorCode> = new Set([
  'unknown-outcome',
  'too-large',
  'cancelled',
  'server-error',
]);
