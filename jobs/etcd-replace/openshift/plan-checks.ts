import type { JsonObject } from '../../../src/core/json.ts';
import { NODE_SHELL_NAMESPACE } from '../../../src/core/kubernetes/node-shell.ts';
import { GUARD_ON_COMMAND, guardNeeded } from '../../../src/core/openshift/guard.ts';
import { MACHINE_NAMESPACE, type MachineReading } from '../../../src/core/openshift/machine.ts';
import { machineSetBusy } from '../../../src/core/openshift/machine-set.ts';
import { nodeSecrets, type SecretRef } from '../../../src/core/openshift/node-secrets.ts';
import { etcdOperatorWords, operatorObstacles, updateInProgress } from '../../../src/core/openshift/operator.ts';
import { inlineCredential } from '../../../src/core/openshift/replacement-machine.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { KubernetesErrorCode, KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { OBJECT_CALL_MS } from '../../steps/delete-object.ts';
import { ETCD_NAMESPACE } from './delete-secrets-step.ts';
import type { MachineView, OpenshiftView } from './plan-view.ts';

/** Whose node it is, and who else is of the control plane. */
export interface NodeNames {
  /** Node and member of the one to be replaced. */
  readonly target: readonly string[];
  readonly others: readonly string[];
}

/** A check that stands in the way. */
export function block(id: string, title: string, evidence: string): Check {
  return { id, verdict: 'block', title, evidence };
}

function pass(id: string, title: string, evidence: string): Check {
  return { id, verdict: 'pass', title, evidence };
}

/** The etcd operator must be able to bring a new member in, and must not be in the middle of something else. */
export function operatorCheck(view: OpenshiftView, { target, others }: NodeNames): Check {
  const update = updateInProgress(view.clusterVersion);
  const obstacles = [
    ...(update === null ? [] : [update]),
    ...operatorObstacles(view.clusterOperator, view.operator, target, others),
  ];
  if (obstacles.length > 0) return block('operator', 'The etcd operator is not free', obstacles.join('; '));
  const { members, revision } = etcdOperatorWords(view.operator);
  const evidence = [members, revision].filter((each) => each !== '').join('; ');
  return pass('operator', 'The etcd operator can bring a new member in', evidence);
}

/** Whether the quorum guard is to be turned off, and the check that says so. */
export function guardCheck(
  { version, topology, operator }: OpenshiftView,
  votersAfter: number,
  isOff: boolean,
): { readonly check: Check; readonly needed: boolean } {
  const need = guardNeeded(version, topology, votersAfter);
  if (!need.ok) return { check: block('operator', 'This cluster is not for this procedure', need.why), needed: false };
  if (operator.uid === '')
    return { check: block('operator', 'The etcd operator has no resource', 'Etcd cluster has no uid'), needed: false };
  if (isOff) return { check: offAlready(version), needed: need.needed };
  const evidence = need.needed
    ? `with ${votersAfter} voters the operator would wait; its quorum guard is turned off for that time and put back in every ending`
    : `with ${votersAfter} voters on OpenShift ${version} the quorum guard stays on`;
  return { check: pass('guard', `Quorum guard of OpenShift ${version}`, evidence), needed: need.needed };
}

/** Whoever turned it off has reasons, or forgot it: an ending that could not put it back leaves it so, too. */
function offAlready(version: string): Check {
  const evidence = [
    'somebody turned it off, or an earlier run could not turn it on again; it is left off, also at the end',
    `meanwhile the operator may restart members although no further one may fail. To turn it on: ${GUARD_ON_COMMAND}`,
  ].join('; ');
  return { id: 'guard', verdict: 'warn', title: `The quorum guard of OpenShift ${version} is off already`, evidence };
}

/** Which Secrets are of the node, and the check that names them. */
export function secretsCheck(
  secrets: readonly SecretRef[],
  node: string,
  others: readonly string[],
): { readonly check: Check; readonly delete: readonly SecretRef[] } {
  const found = nodeSecrets(secrets, node, others);
  if (!found.ok)
    return { check: block('secrets', 'The Secrets of the node cannot be told from others', found.why), delete: [] };
  const names = found.delete.map(({ name }) => name).join(', ');
  const evidence = found.delete.length === 0 ? `none of ${node} is there` : names;
  if (found.left.length > 0) {
    const also = `${evidence}; left alone, because the other nodes have nothing like them: ${found.left.join(', ')}`;
    return {
      check: { id: 'secrets', verdict: 'warn', title: 'Secrets of the node', evidence: also },
      delete: found.delete,
    };
  }
  return { check: pass('secrets', `Secrets of ${node}, by exact name`, evidence), delete: found.delete };
}

/** No other machine of the control plane may be on its way. */
export function oneAtATime(
  { machines, machineSet }: MachineView,
  { nodes }: Pick<OpenshiftView, 'nodes'>,
  oldUid: string,
): Check {
  const moving = machines.filter((each) => each.uid !== oldUid && isMoving(each)).map(movingWords);
  const ready = new Set(nodes.flatMap((each) => (each.ready === 'yes' ? [each.name] : [])));
  const notReady = machines.filter(({ phase, node }) => phase !== 'Running' || node === null || !ready.has(node));
  const busy = machineSet === null ? null : machineSetBusy(machineSet, notReady.length);
  const found = [...moving, ...(busy === null ? [] : [`ControlPlaneMachineSet cluster: ${busy}`])];
  return found.length === 0
    ? pass('one-at-a-time', 'No other machine is on its way', `${machines.length} machines of the control plane`)
    : block('one-at-a-time', 'Another machine of the control plane is on its way', found.join('; '));
}

function isMoving({ phase, deletedAt }: MachineReading): boolean {
  return deletedAt !== null || (phase !== 'Running' && phase !== '');
}

function movingWords({ name, phase, deletedAt }: MachineReading): string {
  return deletedAt === null ? `Machine ${name} is ${phase}` : `Machine ${name} is being deleted since ${deletedAt}`;
}

const NOT_NOW: ReadonlySet<KubernetesErrorCode> = new Set([
  'unreachable',
  'unknown-outcome',
  'throttled',
  'server-error',
  'cancelled',
]);

/** Whether the server would take the new Machine: asked without creating it, while the old one still stands. */
export async function capacityCheck(
  kubernetes: Pick<KubernetesPort, 'create'>,
  machine: JsonObject,
  name: string,
  signal: AbortSignal,
): Promise<Check> {
  const credential = inlineCredential(machine);
  if (credential !== null)
    return block(
      'place',
      'The Machine seems to hold a credential in itself',
      `${credential}: it would come into the record of the run`,
    );
  const tried = await kubernetes.create(machine, { timeoutMs: OBJECT_CALL_MS, signal, dryRun: true });
  if (tried.ok) {
    const evidence = `the API server takes Machine ${name}; whether the provider has room is not known before`;
    return pass('capacity', 'The new Machine can be created', evidence);
  }
  if (NOT_NOW.has(tried.error.code))
    return {
      id: 'capacity',
      verdict: 'warn',
      title: 'Whether the new Machine can be created is not known',
      evidence: tried.error.message,
    };
  return block('capacity', 'The new Machine would be refused', tried.error.message);
}

/** A call that a later step makes. */
export interface WantedRight {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string | null;
  readonly subresource?: string;
  readonly name?: string;
}

const SECRETS = { group: '', resource: 'secrets', namespace: ETCD_NAMESPACE } as const;
const MACHINES = { group: 'machine.openshift.io', resource: 'machines', namespace: MACHINE_NAMESPACE } as const;

/** What the steps of a case will ask of the API server. */
export function wantedRights(order: {
  readonly shell: boolean;
  readonly node: boolean;
  readonly deletes: boolean;
  readonly creates: boolean;
}): readonly WantedRight[] {
  const shell = { group: '', resource: 'pods', namespace: NODE_SHELL_NAMESPACE } as const;
  return [
    { verb: 'patch', group: 'operator.openshift.io', resource: 'etcds', namespace: null, name: 'cluster' },
    { verb: 'delete', ...SECRETS },
    ...(order.shell
      ? [
          { verb: 'create', ...shell },
          { verb: 'delete', ...shell },
          { verb: 'create', ...shell, subresource: 'exec' },
        ]
      : []),
    ...(order.node ? [{ verb: 'delete', group: '', resource: 'nodes', namespace: null }] : []),
    ...(order.deletes ? [{ verb: 'delete', ...MACHINES }] : []),
    ...(order.creates ? [{ verb: 'create', ...MACHINES }] : []),
  ];
}

/** Found before the removal, not after it. */
export async function rightsCheck(
  kubernetes: Pick<KubernetesPort, 'mayI'>,
  wanted: readonly WantedRight[],
  signal: AbortSignal,
): Promise<Check> {
  const answers = await Promise.all(
    wanted.map(async (right) => ({ right, may: await kubernetes.mayI(right, { timeoutMs: OBJECT_CALL_MS, signal }) })),
  );
  const missing = answers.flatMap(({ right, may }) => (may.ok && !may.value ? [rightWords(right)] : []));
  if (missing.length > 0) return block('rights', 'Rights are missing', `Drydock may not ${missing.join(', ')}`);
  const unseen = answers.flatMap(({ right, may }) => (may.ok ? [] : [`${rightWords(right)}: ${may.error.message}`]));
  return unseen.length > 0
    ? { id: 'rights', verdict: 'warn', title: 'Some rights could not be asked for', evidence: unseen.join('; ') }
    : pass('rights', 'Drydock may do all of it', `${wanted.length} rights asked for, all granted`);
}

function rightWords({ verb, group, resource, namespace, subresource }: WantedRight): string {
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${verb} ${what}${group === '' ? '' : `.${group}`}${namespace === null ? '' : ` in ${namespace}`}`;
}
