import type { ApiObject } from '../contracts.ts';
import { ageOf, since } from './durations.ts';
import { at, fieldsOf, listAt, numberAt, textAt, textsAt } from './reading.ts';
import { type Column, CREATED, column, NAME } from './table-columns.ts';

type Cell = (object: ApiObject, now: number) => unknown;

/** How the objects of one kind are printed. */
export interface PlainTable {
  readonly columns: readonly Column[];
  cells(object: ApiObject, now: number): readonly unknown[];
}

function table(...cells: readonly (readonly [Column, Cell])[]): PlainTable {
  return {
    columns: [NAME, ...cells.map(([each]) => each)],
    cells: (object, now) => [textAt(object, 'metadata', 'name'), ...cells.map(([, cell]) => cell(object, now))],
  };
}

function text(name: string, ...path: readonly string[]): readonly [Column, Cell] {
  return [column(name, `${path.join('.')} of the object.`), (object) => textAt(object, ...path) || '<none>'];
}

function count(name: string, ...path: readonly string[]): readonly [Column, Cell] {
  return [column(name, `${path.join('.')} of the object.`, 0, 'integer'), (object) => numberAt(object, ...path) ?? 0];
}

const AGE: readonly [Column, Cell] = [CREATED, ageOf];

function wide(name: string, cell: Cell): readonly [Column, Cell] {
  return [column(name, `${name} of the object.`, 1), cell];
}

const CONTAINERS = wide('Containers', (object) =>
  containers(object)
    .map((each) => textAt(each, 'name'))
    .join(','),
);
const IMAGES = wide('Images', (object) =>
  containers(object)
    .map((each) => textAt(each, 'image'))
    .join(','),
);
const SELECTOR = wide('Selector', (object) => labelsText(fieldsOf(at(object, 'spec', 'selector', 'matchLabels'))));

function containers(object: ApiObject): readonly unknown[] {
  return listAt(object, 'spec', 'template', 'spec', 'containers');
}

function labelsText(labels: Readonly<Record<string, unknown>>): string {
  const found = Object.entries(labels).map(([name, value]) => `${name}=${String(value)}`);
  return found.length === 0 ? '<none>' : found.join(',');
}

function amount(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'N/A';
}

function ready(total: readonly string[], done: readonly string[]): readonly [Column, Cell] {
  const cell: Cell = (object) => `${numberAt(object, ...done) ?? 0}/${numberAt(object, ...total) ?? 0}`;
  return [column('Ready', 'Pods that are ready, of all.'), cell];
}

function dataCount(object: ApiObject): number {
  return Object.keys(fieldsOf(object['data'])).length + Object.keys(fieldsOf(object['binaryData'])).length;
}

/** By group and plural. Kinds that are not here print their name and when they were created. */
export const PLAIN_TABLES: Readonly<Record<string, PlainTable>> = {
  '/namespaces': table(text('Status', 'status', 'phase'), AGE),
  '/configmaps': table([column('Data', 'Number of entries.'), dataCount], AGE),
  '/secrets': table(text('Type', 'type'), [column('Data', 'Number of entries.'), dataCount], AGE),
  '/serviceaccounts': table([column('Secrets', 'Number of secrets.'), (each) => listAt(each, 'secrets').length], AGE),
  '/services': table(
    text('Type', 'spec', 'type'),
    text('Cluster-IP', 'spec', 'clusterIP'),
    [column('External-IP', 'Address outside the cluster.'), () => '<none>'],
    [column('Port(s)', 'Ports of the service.'), (each) => ports(each)],
    AGE,
    wide('Selector', (each) => labelsText(fieldsOf(at(each, 'spec', 'selector')))),
  ),
  '/events': {
    columns: [
      column('Last Seen', 'When it was seen last.'),
      column('Type', 'Normal or Warning.'),
      column('Reason', 'Why, in one word.'),
      column('Object', 'What it is about.'),
      column('Message', 'What happened.'),
      { ...NAME, priority: 1 },
    ],
    cells: (each, now) => [
      since(
        textAt(each, 'lastTimestamp') || textAt(each, 'eventTime') || textAt(each, 'metadata', 'creationTimestamp'),
        now,
      ),
      textAt(each, 'type'),
      textAt(each, 'reason'),
      `${textAt(each, 'involvedObject', 'kind').toLowerCase()}/${textAt(each, 'involvedObject', 'name')}`,
      textAt(each, 'message').trim(),
      textAt(each, 'metadata', 'name'),
    ],
  },
  'apps/deployments': table(
    ready(['spec', 'replicas'], ['status', 'readyReplicas']),
    count('Up-to-date', 'status', 'updatedReplicas'),
    count('Available', 'status', 'availableReplicas'),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
  ),
  'apps/replicasets': table(
    count('Desired', 'spec', 'replicas'),
    count('Current', 'status', 'replicas'),
    count('Ready', 'status', 'readyReplicas'),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
  ),
  'apps/daemonsets': table(
    count('Desired', 'status', 'desiredNumberScheduled'),
    count('Current', 'status', 'currentNumberScheduled'),
    count('Ready', 'status', 'numberReady'),
    count('Up-to-date', 'status', 'updatedNumberScheduled'),
    count('Available', 'status', 'numberAvailable'),
    [
      column('Node Selector', 'Labels of its nodes.'),
      (each) => labelsText(fieldsOf(at(each, 'spec', 'template', 'spec', 'nodeSelector'))),
    ],
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
  ),
  'apps/statefulsets': table(ready(['spec', 'replicas'], ['status', 'readyReplicas']), AGE, CONTAINERS, IMAGES),
  'coordination.k8s.io/leases': table(text('Holder', 'spec', 'holderIdentity'), AGE),
  'policy/poddisruptionbudgets': table(
    [column('Min Available', 'Pods that must stay.'), (each) => amount(at(each, 'spec', 'minAvailable'))],
    [column('Max Unavailable', 'Pods that may be away.'), (each) => amount(at(each, 'spec', 'maxUnavailable'))],
    count('Allowed Disruptions', 'status', 'disruptionsAllowed'),
    AGE,
  ),
  'storage.k8s.io/storageclasses': table(
    text('Provisioner', 'provisioner'),
    text('ReclaimPolicy', 'reclaimPolicy'),
    AGE,
  ),
  'rbac.authorization.k8s.io/rolebindings': table(text('Role', 'roleRef', 'name'), AGE),
  'rbac.authorization.k8s.io/clusterrolebindings': table(text('Role', 'roleRef', 'name'), AGE),
  'certificates.k8s.io/certificatesigningrequests': table(
    AGE,
    text('SignerName', 'spec', 'signerName'),
    text('Requestor', 'spec', 'username'),
    [column('Condition', 'What was decided.'), (each) => conditions(each)],
  ),
};

function ports(service: ApiObject): string {
  const all = listAt(service, 'spec', 'ports').map((port) => {
    const node = numberAt(port, 'nodePort');
    return `${numberAt(port, 'port') ?? ''}${node === undefined ? '' : `:${node}`}/${textAt(port, 'protocol') || 'TCP'}`;
  });
  return all.length === 0 ? '<none>' : all.join(',');
}

function conditions(request: ApiObject): string {
  const types = listAt(request, 'status', 'conditions').map((each) => textAt(each, 'type'));
  const decided = types.find((type) => type === 'Approved' || type === 'Denied') ?? 'Pending';
  const issued = textsAt({ status: [textAt(request, 'status', 'certificate')] }, 'status').some((each) => each !== '');
  return issued ? `${decided},Issued` : decided;
}
