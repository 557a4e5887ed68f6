import { z } from 'zod';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { type CapiCondition, conditionIn, conditionsOf, conditionWords } from './conditions.ts';
import type { CapiMachine } from './machine.ts';
import { PAUSED, SKIP_REMEDIATION } from './names.ts';
import { unhealthyLimit } from './unhealthy-limit.ts';

/** What Drydock reads of a MachineHealthCheck. */
export interface HealthCheck {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly cluster: string;
  readonly selector: LabelSelector;
  readonly paused: boolean;
  /** Who remediates instead of the machine's owner; `null`: the owner does. */
  readonly template: string | null;
  /** With more unhealthy machines it has none replaced: `40%`, `[1-3]`; `null`: it never stops. */
  readonly limit: string | null;
  /** How many further machines it would let be remediated; `null`: not told. */
  readonly allowed: number | null;
  readonly conditions: readonly CapiCondition[];
}

/** A selector of labels, as objects have it. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

const Selector = z
  .object({
    matchLabels: z.record(z.string(), z.string()).default({}),
    matchExpressions: z
      .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).default([]) }))
      .default([]),
  })
  .prefault({});
const Reference = z.object({ kind: z.string().default(''), name: z.string().default('') }).nullish();
const Check = z.object({
  spec: z
    .object({
      clusterName: z.string().default(''),
      selector: Selector,
      remediationTemplate: Reference,
      remediation: z.object({ templateRef: Reference }).nullish(),
    })
    .prefault({}),
  status: z.object({ remediationsAllowed: z.number().nullish() }).prefault({}),
});

/** Reads a MachineHealthCheck of either version. @throws ZodError when the object has not the shape of one. */
export function readHealthCheck(object: KubernetesObject): HealthCheck {
  const { spec, status } = Check.parse(object);
  const { name, namespace = '', uid, annotations = {} } = object.metadata;
  const template = spec.remediation?.templateRef ?? spec.remediationTemplate ?? null;
  return {
    namespace,
    name,
    uid,
    cluster: spec.clusterName,
    selector: spec.selector,
    paused: Object.hasOwn(annotations, PAUSED),
    template: template === null ? null : `${template.kind} ${template.name}`,
    limit: unhealthyLimit(object),
    allowed: status.remediationsAllowed ?? null,
    conditions: conditionsOf(object),
  };
}

/** Whether a health check looks after a machine. An empty selector looks after none here: its server refuses it. */
export function selectsMachine(check: HealthCheck, machine: CapiMachine): boolean {
  const { matchLabels, matchExpressions } = check.selector;
  const labels = Object.entries(matchLabels);
  if (check.namespace !== machine.namespace || check.cluster !== machine.cluster) return false;
  if (labels.length === 0 && matchExpressions.length === 0) return false;
  return (
    labels.every(([key, value]) => machine.labels[key] === value) &&
    matchExpressions.every((each) => holds(each, machine.labels))
  );
}

/** An operator that is not known fits nothing. */
function holds(
  { key, operator, values }: LabelSelector['matchExpressions'][number],
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

/** How the controller is told to replace a machine. */
export type RemediationTrigger =
  /** Its health check reads the annotation and hands the machine to its owner. */
  | { readonly by: 'annotation'; readonly healthCheck: string; readonly why: string }
  /** The machine is deleted; the hook of its owner removes the member before it goes. */
  | { readonly by: 'deletion'; readonly why: string }
  | { readonly by: 'none'; readonly why: string };

/**
 * How to have a machine replaced by its control plane. The annotation is read by a MachineHealthCheck only: without one that selects the
 * machine it does nothing, and the machine is deleted. That is safe only where the owner's hook is on the machine, or its member would
 * stay behind. A health check that is paused, or that finds too many unhealthy, is a brake, and no way round it is taken.
 */
export function triggerFor(machine: CapiMachine, checks: readonly HealthCheck[]): RemediationTrigger {
  if (Object.hasOwn(machine.annotations, SKIP_REMEDIATION))
    return { by: 'none', why: `${machine.name} carries ${SKIP_REMEDIATION}: somebody wants it left alone` };
  const selecting = checks.filter((check) => selectsMachine(check, machine));
  const foreign = selecting.find(({ template }) => template !== null);
  if (foreign !== undefined) {
    const why = `${foreign.name} hands ${machine.name} to ${foreign.template ?? ''}, not to its control plane`;
    return { by: 'none', why };
  }
  const working = selecting.find((check) => !check.paused && lets(check));
  if (working !== undefined) {
    const why = `MachineHealthCheck ${working.name} selects ${machine.name} and reads the annotation`;
    return { by: 'annotation', healthCheck: working.name, why };
  }
  if (selecting.length > 0) {
    const brakes = selecting.map((check) => `MachineHealthCheck ${check.name} ${brakeWords(check)}`);
    return {
      by: 'none',
      why: `${brakes.join('; ')}: somebody, or its own limit, holds the replacement of ${machine.name}`,
    };
  }
  const reason = `no MachineHealthCheck selects ${machine.name}`;
  if (machine.hooks.includes('kcp-cleanup'))
    return { by: 'deletion', why: `${reason}; the hook kcp-cleanup on the machine removes its member` };
  return { by: 'none', why: `${reason}, and the machine has no hook kcp-cleanup: its member would stay behind` };
}

function brakeWords({ paused, conditions }: HealthCheck): string {
  if (paused) return `carries ${PAUSED}`;
  const said = conditionIn(conditions, 'RemediationAllowed');
  return said?.status === 'False' ? conditionWords(said) : 'allows no further remediation';
}

function lets({ allowed, conditions }: HealthCheck): boolean {
  return allowed !== 0 && conditionIn(conditions, 'RemediationAllowed')?.status !== 'False';
}
