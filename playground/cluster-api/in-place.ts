import { at, fieldsOf, sameJson } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { type CapiScene, change } from './capi-scene.ts';

/** Fields of `spec` of a machine that reach those that are there, without new ones: how long their end may take. Of either version. */
const TIMEOUTS = ['deletion', 'nodeDrainTimeout', 'nodeDeletionTimeout'] as const;

/** What of them differs, as a merge patch of `spec`; `null`: nothing. Pure. */
export function changedTimeouts(present: unknown, wanted: unknown): Fields | null {
  const [has, wants] = [fieldsOf(present), fieldsOf(wanted)];
  const changed = TIMEOUTS.filter((name) => !sameJson(has[name], wants[name]));
  return changed.length === 0 ? null : Object.fromEntries(changed.map((name) => [name, wants[name] ?? null]));
}

/** Gives a machine the timeouts of who controls it. `wanted`: a `spec` of machines. */
export async function keepTimeouts(scene: CapiScene, machine: ApiObject, wanted: unknown): Promise<void> {
  const spec = changedTimeouts(machine['spec'], wanted);
  if (spec === null) return;
  await change(scene, scene.machines, { collection: scene.shape.machines, object: machine, patch: { spec } });
}

/** The same for the machines that a MachineSet makes. `wanted`: its deployment. */
export async function keepSetTimeouts(scene: CapiScene, set: ApiObject, wanted: ApiObject): Promise<void> {
  const [present, next] = [set, wanted].map((each) => at(each, 'spec', 'template', 'spec'));
  const spec = changedTimeouts(present, next);
  if (spec === null) return;
  const patch = { spec: { template: { spec } } };
  await change(scene, scene.machineSets, { collection: scene.shape.machineSets, object: set, patch });
}
