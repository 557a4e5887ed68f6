import { randomInt } from 'node:crypto';
import { at, fieldsOf, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { identity, ownedBy } from '../kubernetes/controllers/objects.ts';
import {
  CLEANUP_HOOK,
  CLONED_FROM,
  CLUSTER_NAME,
  CONTROL_PLANE,
  CONTROL_PLANE_NAME,
  DEPLOYMENT_NAME,
  DEV_FINALIZER,
  MACHINE_FINALIZER,
  REMEDIATION_FOR,
  SET_NAME,
} from './annotations.ts';
import { type CapiScene, make } from './capi-scene.ts';
import { NAMESPACE, type Shape } from './shape.ts';

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** What a machine is made from. */
export interface Recipe {
  /** Of the Machine and of its infrastructure. */
  readonly name: string;
  readonly owner: ApiObject;
  readonly labels: Fields;
  readonly annotations: Fields;
  /** `spec` of the Machine but references to what is made for it alone. */
  readonly spec: Fields;
  /** Name of the DevMachineTemplate. */
  readonly template: string;
}

/** `capi-control-plane-x7k2p`. */
export function machineName(owner: ApiObject): string {
  return `${identity(owner).name}-${letters(5)}`;
}

/** So many letters of the alphabet of generated names. */
export function letters(count: number): string {
  return Array.from({ length: count }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

/** Machine and infrastructure machine, as a controller clones them from its templates. @throws Error when there is no such template. */
export async function createMachine(scene: CapiScene, recipe: Recipe): Promise<void> {
  const { shape, devMachineTemplates } = scene;
  const template = devMachineTemplates.named(NAMESPACE, recipe.template);
  if (template === undefined) throw new Error(`there is no DevMachineTemplate ${recipe.template}`);
  // Without its Machine it never boots: what fails between the two leaves nothing that runs.
  await make(scene, scene.devMachines, shape.devMachines, devMachineObject(shape, recipe, template));
  await make(scene, scene.machines, shape.machines, machineObject(shape, recipe));
}

/** For a further machine of a control plane. `note`: of the remediation that it completes. */
export function recipeOfPlane(shape: Shape, plane: ApiObject, note: string | null): Recipe {
  const cluster = textAt(plane, 'metadata', 'labels', CLUSTER_NAME);
  const template = at(plane, 'spec', 'machineTemplate');
  const {
    metadata: _,
    infrastructureRef: __,
    ...timeouts
  } = fieldsOf(shape.version === 'v1beta2' ? at(template, 'spec') : template);
  return {
    name: machineName(plane),
    owner: plane,
    labels: {
      ...fieldsOf(at(template, 'metadata', 'labels')),
      ...topologyLabels(plane),
      [CLUSTER_NAME]: cluster,
      [CONTROL_PLANE]: '',
      [CONTROL_PLANE_NAME]: identity(plane).name,
    },
    annotations: {
      ...fieldsOf(at(template, 'metadata', 'annotations')),
      [CLEANUP_HOOK]: '',
      ...(note === null ? {} : { [REMEDIATION_FOR]: note }),
    },
    spec: { clusterName: cluster, version: textAt(plane, 'spec', 'version'), ...timeouts },
    template: templateOfPlane(shape, plane),
  };
}

/** Name of the template of infrastructure that a control plane refers to. */
export function templateOfPlane({ version }: Pick<Shape, 'version'>, plane: ApiObject): string {
  const template = at(plane, 'spec', 'machineTemplate');
  return textAt(version === 'v1beta2' ? at(template, 'spec') : template, 'infrastructureRef', 'name');
}

/** For a further machine of a MachineSet. */
export function recipeOfSet(set: ApiObject): Recipe {
  const template = at(set, 'spec', 'template');
  const { infrastructureRef: _, bootstrap: __, ...spec } = fieldsOf(at(template, 'spec'));
  return {
    name: machineName(set),
    owner: set,
    labels: { ...fieldsOf(at(template, 'metadata', 'labels')), ...topologyLabels(set), [SET_NAME]: identity(set).name },
    annotations: fieldsOf(at(template, 'metadata', 'annotations')),
    spec,
    template: textAt(template, 'spec', 'infrastructureRef', 'name'),
  };
}

function topologyLabels(owner: ApiObject): Fields {
  const labels = Object.entries(fieldsOf(owner.metadata['labels']));
  return Object.fromEntries(labels.filter(([name]) => name.startsWith('topology.') || name === DEPLOYMENT_NAME));
}

/** The Machine. */
export function machineObject(shape: Shape, { name, owner, labels, annotations, spec }: Recipe): Fields {
  return {
    apiVersion: shape.core,
    kind: 'Machine',
    metadata: {
      name,
      namespace: NAMESPACE,
      labels,
      annotations,
      finalizers: [MACHINE_FINALIZER],
      ownerReferences: [ownedBy(owner)],
    },
    spec: {
      ...spec,
      bootstrap: { dataSecretName: name },
      infrastructureRef: shape.reference(shape.infrastructure, 'DevMachine', name),
    },
  };
}

/** The machine at the provider; it remembers what it was cloned from. */
export function devMachineObject(shape: Shape, { name, labels }: Recipe, template: ApiObject): Fields {
  return {
    apiVersion: shape.infrastructure,
    kind: 'DevMachine',
    metadata: {
      name,
      namespace: NAMESPACE,
      labels,
      annotations: {
        [`${CLONED_FROM}-name`]: identity(template).name,
        [`${CLONED_FROM}-groupkind`]: 'DevMachineTemplate.infrastructure.cluster.x-k8s.io',
      },
      finalizers: [DEV_FINALIZER],
    },
    spec: fieldsOf(at(template, 'spec', 'template', 'spec')),
  };
}
