import { randomInt } from 'node:crypto';
import type { Admission, AdmissionRequest, ApiObject, Fields } from '../contracts.ts';
import { apiTime, at, fieldsOf, listAt, numberAt, textAt } from './reading.ts';
import { done, forbidden, invalid, refused } from './refusals.ts';

/** What the server itself adds to writes, before any other admission. Simple forms of the plug-ins that every cluster has. */
export const BUILT_IN_ADMISSION: readonly Admission[] = [newNode, newPod, newSigningRequest, signingDecision];

function isNew({ operation, kind, subresource }: AdmissionRequest, group: string, plural: string): boolean {
  return operation === 'CREATE' && subresource === '' && kind.group === group && kind.plural === plural;
}

/** A new node is not ready before its kubelet says so. */
function newNode(request: AdmissionRequest) {
  const { object } = request;
  if (!isNew(request, '', 'nodes')) return done(object);
  const spec = fieldsOf(object['spec']);
  const taints = listAt(spec, 'taints');
  const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  if (taints.some((taint) => textAt(taint, 'key') === notReady.key && textAt(taint, 'effect') === notReady.effect))
    return done(object);
  return done({ ...object, spec: { ...spec, taints: [...taints, notReady] } });
}

const MIRROR = 'kubernetes.io/config.mirror';
const TOLERATED = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** Service account, tolerations and priority of a new pod. */
async function newPod(request: AdmissionRequest) {
  const { object, kind, name } = request;
  if (!isNew(request, '', 'pods')) return done(object);
  const priority = await priorityOf(request);
  if (priority === null)
    return refused(
      forbidden(kind, name, `no PriorityClass with name ${textAt(object, 'spec', 'priorityClassName')} was found`),
    );
  const mirror = at(object, 'metadata', 'annotations', MIRROR) !== undefined;
  const spec = { ...fieldsOf(object['spec']), ...priority };
  const tolerant = { ...spec, tolerations: tolerationsOf(spec) };
  return done({ ...object, spec: mirror ? tolerant : withAccount(tolerant) });
}

async function priorityOf({ object, api }: AdmissionRequest): Promise<Fields | null> {
  const className = textAt(object, 'spec', 'priorityClassName');
  if (className === '')
    return { priority: 0, preemptionPolicy: at(object, 'spec', 'preemptionPolicy') ?? 'PreemptLowerPriority' };
  const system = SYSTEM_PRIORITIES[className];
  if (system !== undefined) return { priority: system, preemptionPolicy: 'PreemptLowerPriority' };
  const found = await api.request({ method: 'GET', path: `/apis/scheduling.k8s.io/v1/priorityclasses/${className}` });
  if (found.status !== 200) return null;
  const preemptionPolicy = textAt(found.body, 'preemptionPolicy') || 'PreemptLowerPriority';
  return { priority: numberAt(found.body, 'value') ?? 0, preemptionPolicy };
}

function tolerationsOf(spec: Fields): readonly unknown[] {
  const present = listAt(spec, 'tolerations');
  const missing = TOLERATED.filter((key) => !present.some((each) => tolerates(each, key)));
  return [
    ...present,
    ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
  ];
}

function tolerates(toleration: unknown, key: string): boolean {
  const [own, effect] = [textAt(toleration, 'key'), textAt(toleration, 'effect')];
  return (own === key || own === '') && (effect === 'NoExecute' || effect === '');
}

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

function withAccount(spec: Fields): Fields {
  const account = textAt(spec, 'serviceAccountName') || 'default';
  const named = { ...spec, serviceAccountName: account, serviceAccount: account };
  if (at(spec, 'automountServiceAccountToken') === false) return named;
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  const name = `kube-api-access-${Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('')}`;
  const mount = { name, readOnly: true, mountPath: TOKEN_PATH };
  function mounted(containers: readonly unknown[]): readonly unknown[] {
    return containers.map((container) => {
      const mounts = listAt(container, 'volumeMounts');
      if (mounts.some((each) => textAt(each, 'mountPath') === TOKEN_PATH)) return container;
      return Object.assign({}, container, { volumeMounts: [...mounts, mount] });
    });
  }
  const initial = listAt(spec, 'initContainers');
  return {
    ...named,
    containers: mounted(listAt(spec, 'containers')),
    ...(initial.length === 0 ? {} : { initContainers: mounted(initial) }),
    volumes: [...listAt(spec, 'volumes'), { name, projected: { sources: TOKEN_SOURCES, defaultMode: 420 } }],
  };
}

const TOKEN_SOURCES = [
  { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
];

/** A signing request says who made it. */
function newSigningRequest(request: AdmissionRequest) {
  const { object, user } = request;
  if (!isNew(request, 'certificates.k8s.io', 'certificatesigningrequests')) return done(object);
  const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...spec } = fieldsOf(object['spec']);
  const asker = {
    username: user.name,
    groups: user.groups,
    ...(user.uid === '' ? {} : { uid: user.uid }),
    ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
  };
  return done({ ...object, spec: { ...spec, ...asker } });
}

const DECISIONS = new Set(['Approved', 'Denied', 'Failed']);

/** A decision about a signing request has its time, and is not taken back. */
function signingDecision(request: AdmissionRequest) {
  const { object, old, kind, subresource, name } = request;
  if (kind.plural !== 'certificatesigningrequests' || old === null || subresource === '') return done(object);
  const conditions = listAt(object, 'status', 'conditions');
  const lost = listAt(old, 'status', 'conditions')
    .map((each) => textAt(each, 'type'))
    .find((type) => DECISIONS.has(type) && !conditions.some((each) => textAt(each, 'type') === type));
  if (lost !== undefined) {
    const message = `Forbidden: updates may not remove a condition of type "${lost}"`;
    return refused(invalid(kind, name, [{ reason: 'FieldValueForbidden', message, field: 'status.conditions' }]));
  }
  const timed = conditions.map((each) => Object.assign({}, each, timesOf(each)));
  const decided: ApiObject = { ...object, status: { ...fieldsOf(object['status']), conditions: timed } };
  return done(conditions.length === 0 ? object : decided);
}

function timesOf(condition: unknown): Fields {
  const now = apiTime();
  return {
    lastUpdateTime: textAt(condition, 'lastUpdateTime') || now,
    lastTransitionTime: textAt(condition, 'lastTransitionTime') || now,
  };
}
