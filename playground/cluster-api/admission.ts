import { at, fieldsOf, isObject, listAt, numberAt, sameJson, textAt } from '../kubernetes/api/reading.ts';
import { done, invalid, refused } from '../kubernetes/api/refusals.ts';
import type { Admission, AdmissionRequest, ApiObject, Attempt, StatusCause } from '../kubernetes/contracts.ts';
import { byVersion, numbersOf } from '../kubernetes/versions.ts';
import { TOPOLOGY_OWNED } from './annotations.ts';
import type { Shape } from './shape.ts';

/** A rule on one kind: what is wrong with a write. */
type Rule = (request: AdmissionRequest, shape: Shape) => Promise<readonly StatusCause[]> | readonly StatusCause[];

/**
 * The webhooks of Cluster API, as far as upgrades meet them. As the real ones, that of the control plane lets versions go down.
 *
 * Source: cluster-api controlplane/kubeadm/webhooks/admission/kubeadmcontrolplane.go, core/webhooks/admission/cluster.go
 */
export function capiAdmission(shape: Shape): Admission {
  return async (request): Promise<Attempt<ApiObject>> => {
    const { kind, operation, subresource, object, name } = request;
    const rule = subresource === '' && operation !== 'DELETE' ? RULES[kind.plural] : undefined;
    const causes = rule === undefined ? [] : await rule(request, shape);
    if (causes.length === 0) return done(object);
    const refusal = invalid(kind, name, causes);
    const hook = `validation.${kind.kind.toLowerCase()}.${kind.group}`;
    return refused({ ...refusal, message: `admission webhook "${hook}" denied the request: ${refusal.message}` });
  };
}

const RULES: Readonly<Record<string, Rule>> = {
  kubeadmcontrolplanes: controlPlane,
  machinedeployments: deployment,
  devmachinetemplates: template,
  clusters: topology,
};

function controlPlane({ object, old }: AdmissionRequest): readonly StatusCause[] {
  const replicas = numberAt(object, 'spec', 'replicas') ?? 1;
  const version = textAt(object, 'spec', 'version');
  const before = textAt(old, 'spec', 'version');
  const strategy = at(object, 'spec', 'rollout', 'strategy') ?? at(object, 'spec', 'rolloutStrategy');
  const surge = Number(at(strategy, 'rollingUpdate', 'maxSurge') ?? 1);
  const external = at(object, 'spec', 'kubeadmConfigSpec', 'clusterConfiguration', 'etcd', 'external') !== undefined;
  return [
    ...(replicas % 2 === 0 && !external
      ? [forbidden('spec.replicas', 'cannot be an even number when etcd is stacked')]
      : []),
    ...versionProblems(version),
    ...(numbersOf(version) !== null && isTwoMinorsUp(before, version)
      ? [forbidden('spec.version', `cannot update Kubernetes version from ${before} to ${version}`)]
      : []),
    ...(surge === 0 && replicas < 3
      ? [
          required(
            'spec.rollout.strategy.rollingUpdate',
            'when KubeadmControlPlane is configured to scale-in, replica count needs to be at least 3',
          ),
        ]
      : []),
    ...(surge === 0 || surge === 1
      ? []
      : [required('spec.rollout.strategy.rollingUpdate.maxSurge', 'value must be 1 or 0')]),
  ];
}

function deployment({ object }: AdmissionRequest): readonly StatusCause[] {
  const version = textAt(object, 'spec', 'template', 'spec', 'version');
  const strategy = at(object, 'spec', 'rollout', 'strategy') ?? at(object, 'spec', 'strategy');
  const { maxSurge = 1, maxUnavailable = 0 } = fieldsOf(at(strategy, 'rollingUpdate'));
  return [
    ...(version === '' ? [] : versionProblems(version, 'spec.template.spec.version')),
    ...(isNone(maxSurge) && isNone(maxUnavailable)
      ? [invalidValue('spec.rollout.strategy.rollingUpdate', '', 'maxSurge and maxUnavailable must not both be 0')]
      : []),
  ];
}

function isNone(value: unknown): boolean {
  return value === 0 || value === '0' || value === '0%';
}

function template({ object, old }: AdmissionRequest): readonly StatusCause[] {
  const unchanged =
    old === null || sameJson(at(object, 'spec', 'template', 'spec'), at(old, 'spec', 'template', 'spec'));
  const why = 'DevMachineTemplate spec.template.spec field is immutable. Create a new resource instead.';
  return unchanged ? [] : [invalidValue('spec.template.spec', '', why)];
}

async function topology(request: AdmissionRequest, shape: Shape): Promise<readonly StatusCause[]> {
  const { object, old } = request;
  const field = 'spec.topology.version';
  const [before, version] = [textAt(old, 'spec', 'topology', 'version'), textAt(object, 'spec', 'topology', 'version')];
  if (version === '' || version === before) return [];
  const odd = versionProblems(version, field);
  if (odd.length > 0 || before === '') return odd;
  const [from, to] = [before, version].map((each) => each.replace(/^v/, ''));
  const quoted = `from "${from}" to "${to}"`;
  if (byVersion(version, before) < 0) return [invalidValue(field, version, `version cannot be decreased ${quoted}`)];
  if (isTwoMinorsUp(before, version)) return [invalidValue(field, version, `version cannot be increased ${quoted}`)];
  const busy = await stillUpgrading(request, shape, before);
  return busy.length === 0 ? [] : [invalidValue(field, version, `version cannot be changed: ${aggregated(busy)}`)];
}

/** As Go's aggregates say several errors. */
function aggregated(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`;
}

async function stillUpgrading({ api }: AdmissionRequest, shape: Shape, version: string): Promise<readonly string[]> {
  const [planes, deployments, machines] = await Promise.all(
    [shape.controlPlanes, shape.machineDeployments, shape.machines].map(async (path) =>
      listAt((await api.request({ method: 'GET', path })).body, 'items').filter(isObject),
    ),
  );
  const planeWords = (planes ?? []).flatMap((plane) => {
    const has = textAt(plane, 'spec', 'version');
    if (has !== version)
      return [
        `Cluster.spec.topology.version ${version.slice(1)} was not propagated to control plane yet (control plane version ${has.slice(1)})`,
      ];
    return textAt(plane, 'status', 'version') === has ? [] : ['control plane is still completing a previous upgrade'];
  });
  const late = (deployments ?? [])
    .filter((each) => fieldsOf(each.metadata['labels'])[TOPOLOGY_OWNED] !== undefined)
    .map((each) => ({
      name: String(each.metadata['name']),
      version: textAt(each, 'spec', 'template', 'spec', 'version'),
    }))
    .filter((each) => each.version !== version || hasOtherMachines(machines ?? [], each.name, version))
    .map(({ name }) => name);
  const lateWords =
    late.length === 0 ? [] : [`there are still MachineDeployments completing a previous upgrade: [${late.join(', ')}]`];
  return [...planeWords, ...lateWords];
}

function hasOtherMachines(machines: readonly ApiObject[], deploymentName: string, version: string): boolean {
  return machines.some(
    (each) =>
      fieldsOf(each.metadata['labels'])['cluster.x-k8s.io/deployment-name'] === deploymentName &&
      textAt(each, 'spec', 'version') !== version,
  );
}

function versionProblems(version: string, field = 'spec.version'): readonly StatusCause[] {
  return version.startsWith('v') && numbersOf(version) !== null
    ? []
    : [invalidValue(field, version, 'must be a valid semantic version')];
}

function isTwoMinorsUp(from: string, to: string): boolean {
  const [before, after] = [numbersOf(from), numbersOf(to)];
  if (before === null || after === null) return false;
  return after.major > before.major || after.minor >= before.minor + 2;
}

function forbidden(field: string, why: string): StatusCause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field };
}

function required(field: string, why: string): StatusCause {
  return { reason: 'FieldValueRequired', message: `Required value: ${why}`, field };
}

function invalidValue(field: string, value: string, why: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}`, field };
}
