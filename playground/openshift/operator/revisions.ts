import { createHash } from 'node:crypto';
import { at, fieldsOf, textAt } from '../../kubernetes/api/reading.ts';
import type { ApiObject } from '../../kubernetes/contracts.ts';
import { identity } from '../../kubernetes/controllers/objects.ts';
import { ETCD_SPACE } from '../layout.ts';
import type { OcpScene, Writer } from '../scene.ts';
import { allCertificates } from './certificates.ts';
import { addressOf, type Sources, type View } from './view.ts';

const MAPS = `/api/v1/namespaces/${ETCD_SPACE}/configmaps`;
const SECRETS = `/api/v1/namespaces/${ETCD_SPACE}/secrets`;

/** Everything that a revision fixes. */
export interface RevisionInputs {
  readonly forceRedeploymentReason: string;
  /** Client URLs. */
  readonly endpoints: readonly string[];
  /** Certificates and keys by file, base64. */
  readonly certificates: Readonly<Record<string, string>>;
  readonly nodes: readonly string[];
}

/** What a revision made now would say. */
export function inputsOf(scene: OcpScene, sources: Sources, view: View): RevisionInputs {
  return {
    forceRedeploymentReason: textAt(view.etcd, 'spec', 'forceRedeploymentReason'),
    endpoints: endpointsOf(scene, sources),
    certificates: allCertificates(sources, view),
    nodes: view.masters.map((each) => `${identity(each).name} ${addressOf(each)}`),
  };
}

/** Client URLs of the members of `etcd-endpoints`. */
export function endpointsOf({ cluster }: OcpScene, { maps }: Sources): readonly string[] {
  const map = maps.named(ETCD_SPACE, 'etcd-endpoints');
  const addresses = Object.values(fieldsOf(at(map, 'data')));
  return cluster.nodes
    .filter((node) => addresses.includes(node.address) && cluster.etcd.endpoints.includes(node.clientUrl))
    .map(({ clientUrl }) => clientUrl)
    .toSorted();
}

/** Changes whenever a pod of the revision would differ. */
export function digestOf(inputs: RevisionInputs): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);
}

/**
 * Makes the objects of a new revision when what it is made from is not as in the last one. @returns the number of the newest revision.
 *
 * @throws Error with the operator's words while quorum is not safe.
 */
export async function keepRevision(scene: OcpScene, sources: Sources, view: View, writer: Writer): Promise<number> {
  const inputs = inputsOf(scene, sources, view);
  const digest = digestOf(inputs);
  const last = sources.maps.named(ETCD_SPACE, `etcd-pod-${view.latest}`);
  if (view.latest > 0 && textAt(last, 'data', 'digest') === digest) return view.latest;
  // Certificates and endpoints are made first: a revision without them would not start.
  const isComplete = Object.keys(inputs.certificates).length === view.masters.length * 6;
  if (!isComplete || inputs.endpoints.length === 0) return view.latest;
  if (view.latest === 0 && inputs.endpoints.length < view.masters.length) return view.latest;
  if (view.guard !== null && view.latest > 0) throw new Error(`not safe to update revision: ${view.guard}`);
  const revision = view.latest + 1;
  await writeRevision(writer, revision, inputs, digest);
  return revision;
}

async function writeRevision(writer: Writer, revision: number, inputs: RevisionInputs, digest: string): Promise<void> {
  const { certificates, ...rest } = inputs;
  const maps: readonly ApiObject[] = [
    configMap(`etcd-pod-${revision}`, { digest, 'inputs.json': JSON.stringify(rest), version: '4.16.0' }),
    configMap(`revision-status-${revision}`, { revision: String(revision), status: 'InProgress' }),
  ];
  for (const name of ['etcd-all-certs', `etcd-all-certs-${revision}`]) {
    const metadata = { name, namespace: ETCD_SPACE };
    await put(writer, SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: certificates });
  }
  for (const map of maps) await put(writer, MAPS, map);
}

/** What a round before this one left is written again. */
async function put(writer: Writer, path: string, object: ApiObject): Promise<void> {
  const own = `${path}/${identity(object).name}`;
  try {
    await writer.create(path, object);
  } catch {
    await writer.merge(own, { data: object['data'] });
  }
}

/** A ConfigMap of the operator. */
export function configMap(name: string, data: Readonly<Record<string, string>>): ApiObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: ETCD_SPACE }, data };
}
