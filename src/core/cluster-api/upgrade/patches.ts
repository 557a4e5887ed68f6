import { JsonObject } from '../../json.ts';
import type { PatchOperation } from '../../ports/kubernetes.ts';
import { type CapiChange, DEFERRED_BY } from './change.ts';
import { partsToHold } from './deferral.ts';
import { type CapiOwner, HELD, templatePath, versionPath } from './owner.ts';
import type { CapiTopology, TopologyPart } from './topology.ts';
import { DEFER_UPGRADE } from './topology-names.ts';

/** What must hold of an object for a patch, besides what the patch itself tests. */
export interface PatchGuard {
  readonly uid: string;
  /** Changes with every change of the spec and not with the status; `null`: the server tells none. */
  readonly generation: number | null;
}

/**
 * Version and template of an owner in one patch: two would roll twice. It does nothing where the object is another one, its spec has
 * changed since it was read, or version or template are not the old ones.
 */
export function ownerPatch(change: CapiChange, owner: CapiOwner): readonly PatchOperation[] {
  const { template } = change;
  const at = templatePath(owner);
  const isNew = template !== null && template.ref.name !== template.toName;
  return [
    ...guarded(owner),
    { op: 'test', path: versionPath(owner), value: change.from },
    ...(isNew ? ([{ op: 'test', path: at, value: template.ref.name }] as const) : []),
    { op: 'replace', path: versionPath(owner), value: change.to },
    ...(isNew ? ([{ op: 'replace', path: at, value: template.toName }] as const) : []),
    ...letGo(owner),
  ];
}

/** The same as a merge patch, for Git. */
export function ownerMerge(change: CapiChange, owner: CapiOwner): JsonObject {
  const { template } = change;
  const isNew = template !== null && template.ref.name !== template.toName;
  return {
    spec: merged([
      [versionPath(owner), change.to],
      ...(isNew ? [[templatePath(owner), template.toName] as const] : []),
    ]),
  };
}

function merged(values: readonly (readonly [string, string])[]): JsonObject {
  let spec: JsonObject = {};
  for (const [path, value] of values) spec = withText(spec, path.split('/').slice(2), value);
  return spec;
}

function withText(object: JsonObject, [name = '', ...rest]: readonly string[], value: string): JsonObject {
  const inner = JsonObject.safeParse(object[name]);
  return { ...object, [name]: rest.length === 0 ? value : withText(inner.data ?? {}, rest, value) };
}

/** The version of a topology, with its groups and pools of workers held back in the same patch: only the control plane moves then. */
export function topologyPatch(
  change: CapiChange,
  topology: CapiTopology,
  guard: PatchGuard,
): readonly PatchOperation[] {
  const { deployments, pools } = partsToHold(topology, change);
  return [
    ...guarded(guard),
    { op: 'test', path: '/spec/topology/version', value: change.from },
    ...deployments.flatMap((each) => deferOf(DEPLOYMENTS, each)),
    ...pools.flatMap((each) => deferOf(POOLS, each)),
    { op: 'replace', path: '/spec/topology/version', value: change.to },
  ];
}

/** Lets one group of a topology go to the version that the topology has. */
export function releasePatch(change: CapiChange, topology: CapiTopology, guard: PatchGuard): readonly PatchOperation[] {
  const own = topology.deployments.find(({ name }) => name === change.topologyName);
  if (own === undefined || own.deferred === null) return [];
  const at = `${DEPLOYMENTS}/${own.index}`;
  const path = `${at}/metadata/annotations/${escaped(DEFER_UPGRADE)}`;
  return [
    ...guarded(guard),
    { op: 'test', path: '/spec/topology/version', value: change.to },
    { op: 'test', path: `${at}/name`, value: own.name },
    { op: 'test', path, value: own.deferred },
    { op: 'remove', path },
  ];
}

/** Holds a MachineDeployment where it is, and says so on it: whoever goes on knows that nobody else paused it. */
export function pausePatch(owner: CapiOwner, change: CapiChange): readonly PatchOperation[] {
  const path = `/metadata/annotations`;
  const { template } = change;
  return [
    ...guarded(owner),
    { op: 'test', path: versionPath(owner), value: change.to },
    ...(template === null ? [] : ([{ op: 'test', path: templatePath(owner), value: template.toName }] as const)),
    { op: 'add', path: '/spec/paused', value: true },
    owner.isAnnotated
      ? { op: 'add', path: `${path}/${escaped(HELD)}`, value: change.to }
      : { op: 'add', path, value: { [HELD]: change.to } },
  ];
}

/** Lets a MachineDeployment go on that Drydock held. */
function letGo(owner: CapiOwner): readonly PatchOperation[] {
  if (!owner.held) return [];
  return [
    { op: 'replace', path: '/spec/paused', value: false },
    { op: 'remove', path: `/metadata/annotations/${escaped(HELD)}` },
  ];
}

/** Where a topology has its lists, as paths of JSON patch. */
const DEPLOYMENTS = '/spec/topology/workers/machineDeployments';
const POOLS = '/spec/topology/workers/machinePools';

function deferOf(list: string, each: TopologyPart): readonly PatchOperation[] {
  if (each.deferred !== null) return [];
  const path = `${list}/${each.index}/metadata`;
  const isNamed = { op: 'test', path: `${list}/${each.index}/name`, value: each.name } as const;
  if (each.has === 'neither')
    return [isNamed, { op: 'add', path, value: { annotations: { [DEFER_UPGRADE]: DEFERRED_BY } } }];
  if (each.has === 'metadata')
    return [isNamed, { op: 'add', path: `${path}/annotations`, value: { [DEFER_UPGRADE]: DEFERRED_BY } }];
  return [isNamed, { op: 'add', path: `${path}/annotations/${escaped(DEFER_UPGRADE)}`, value: DEFERRED_BY }];
}

function guarded({ uid, generation }: PatchGuard): readonly PatchOperation[] {
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    ...(generation === null ? [] : ([{ op: 'test', path: '/metadata/generation', value: generation }] as const)),
  ];
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
