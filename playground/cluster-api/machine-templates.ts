import { at, fieldsOf, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { identity, ownedBy } from '../kubernetes/controllers/objects.ts';
import { templateHash } from '../kubernetes/controllers/template-hash.ts';
import { CLUSTER_NAME, DEPLOYMENT_NAME, REVISION, TEMPLATE_HASH } from './annotations.ts';
import { NAMESPACE, type Shape } from './shape.ts';

/** Those parts of a template of machines whose change asks for new machines; of references the name counts. */
export interface RollingParts {
  readonly version: string;
  readonly infrastructure: string;
  readonly bootstrap: string;
  readonly failureDomain: string;
}

/** Those parts of a MachineSet or a MachineDeployment. */
export function rollingParts(owner: unknown): RollingParts {
  const spec = at(owner, 'spec', 'template', 'spec');
  return {
    version: textAt(spec, 'version'),
    infrastructure: textAt(spec, 'infrastructureRef', 'name'),
    bootstrap: textAt(spec, 'bootstrap', 'configRef', 'name') || textAt(spec, 'bootstrap', 'dataSecretName'),
    failureDomain: textAt(spec, 'failureDomain'),
  };
}

/** Five letters that stand for those parts. */
export function hashOf(owner: unknown): string {
  return templateHash(rollingParts(owner)).slice(0, 5);
}

/** What differs between what a MachineSet makes and what its deployment wants, one line each; empty: nothing. */
export function differences(set: ApiObject, deployment: ApiObject): readonly string[] {
  const [has, wants] = [rollingParts(set), rollingParts(deployment)];
  return [
    ...(has.version === wants.version ? [] : [`* Version ${has.version}, ${wants.version} required`]),
    ...(has.failureDomain === wants.failureDomain
      ? []
      : [`* Failure domain ${has.failureDomain}, ${wants.failureDomain} required`]),
    ...(has.infrastructure === wants.infrastructure ? [] : ['* DevMachine is not up-to-date']),
    ...(has.bootstrap === wants.bootstrap ? [] : ['* KubeadmConfig is not up-to-date']),
  ];
}

/** The MachineSet of a deployment as it is now. */
export function machineSetObject(
  shape: Shape,
  deployment: ApiObject,
  { replicas, revision }: { readonly replicas: number; readonly revision: number },
): Fields {
  const hash = hashOf(deployment);
  const { name } = identity(deployment);
  const template = fieldsOf(at(deployment, 'spec', 'template'));
  const metadata = fieldsOf(template['metadata']);
  const own = { [DEPLOYMENT_NAME]: name, [TEMPLATE_HASH]: hash };
  const cluster = textAt(deployment, 'spec', 'clusterName');
  return {
    apiVersion: shape.core,
    kind: 'MachineSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace: NAMESPACE,
      labels: { ...fieldsOf(deployment.metadata['labels']), [CLUSTER_NAME]: cluster, ...own },
      annotations: { [REVISION]: String(revision) },
      ownerReferences: [ownedBy(deployment)],
    },
    spec: {
      clusterName: cluster,
      replicas,
      selector: { matchLabels: { ...fieldsOf(at(deployment, 'spec', 'selector', 'matchLabels')), ...own } },
      template: {
        metadata: { ...metadata, labels: { ...fieldsOf(metadata['labels']), [CLUSTER_NAME]: cluster, ...own } },
        spec: fieldsOf(template['spec']),
      },
    },
  };
}
