import type { Fields } from '../../contracts.ts';
import { fieldsOf, listOf, textOf } from '../json.ts';
import { type Filling, filled, inside, inTurn } from './filling.ts';

/** A namespace: its finalizer, its label, its phase. */
export const namespace: Filling = inTurn(
  (value) => inside(value, 'spec', (spec) => filled(spec, finalizer(value))),
  (value) => inside(value, 'status', (status) => filled(status, { phase: 'Active' })),
  (value) =>
    inside(value, 'metadata', (metadata) => {
      const name = textOf(metadata['name']);
      const labels = { ...fieldsOf(metadata['labels']), 'kubernetes.io/metadata.name': name };
      return name === '' ? metadata : { ...metadata, labels };
    }),
);

/** Only a namespace that is not yet going gets the finalizer. */
function finalizer(value: Fields): Fields {
  const isGoing = textOf(fieldsOf(value['metadata'])['deletionTimestamp']) !== '';
  return isGoing ? {} : { finalizers: ['kubernetes'] };
}

/** A node: all of its capacity can be used unless it says so. */
export function node(value: Fields): Fields {
  return inside(value, 'status', (status) =>
    status['capacity'] === undefined ? status : filled(status, { allocatable: status['capacity'] }),
  );
}

/** A service, without the addresses that are allocated to it. */
export function service(value: Fields): Fields {
  return inside(value, 'spec', (spec) => {
    const type = textOf(spec['type']) || 'ClusterIP';
    const complete = filled(spec, {
      type,
      sessionAffinity: 'None',
      ...(type === 'ExternalName' ? {} : { internalTrafficPolicy: 'Cluster' }),
      ...(type === 'NodePort' || type === 'LoadBalancer' ? { externalTrafficPolicy: 'Cluster' } : {}),
      ...(type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: true } : {}),
      ...(spec['sessionAffinity'] === 'ClientIP'
        ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } }
        : {}),
      ...(type === 'ExternalName' ? {} : { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }),
    });
    return inside(complete, 'ports.*', servicePort);
  });
}

function servicePort(port: Fields): Fields {
  const hasTarget = port['targetPort'] !== 0 && port['targetPort'] !== '';
  return {
    ...filled(port, { protocol: 'TCP' }),
    targetPort: hasTarget ? (port['targetPort'] ?? port['port']) : port['port'],
  };
}

/** A Secret: text is kept as base64. */
export function secret(value: Fields): Fields {
  const { stringData, ...rest } = value;
  const written = Object.entries(fieldsOf(stringData)).map(([name, text]) => [
    name,
    Buffer.from(textOf(text)).toString('base64'),
  ]);
  const typed = filled(rest, { type: 'Opaque' });
  if (written.length === 0) return typed;
  return { ...typed, data: { ...fieldsOf(rest['data']), ...Object.fromEntries(written) } };
}

/** What stands among `ports` speaks TCP unless it says otherwise. */
const tcpPorts: Filling = (value) => inside(value, 'ports.*', (port) => filled(port, { protocol: 'TCP' }));

/** Endpoints of a service. */
export const endpoints: Filling = (value) => inside(value, 'subsets.*', tcpPorts);

/** A slice of endpoints. */
export const endpointSlice: Filling = (value) =>
  inside(value, 'ports.*', (port) => filled(port, { name: '', protocol: 'TCP' }));

const rbacGroup = 'rbac.authorization.k8s.io';

/** A binding of a role. */
export const binding: Filling = inTurn(
  (value) => inside(value, 'roleRef', (role) => filled(named(role), { apiGroup: rbacGroup })),
  (value) =>
    inside(value, 'subjects.*', (subject) =>
      subject['kind'] === 'ServiceAccount' ? subject : filled(subject, { apiGroup: rbacGroup }),
    ),
);

function named(role: Fields): Fields {
  return role['apiGroup'] === '' ? { ...role, apiGroup: rbacGroup } : role;
}

/** A definition of custom kinds. */
export function definition(value: Fields): Fields {
  const spec = fieldsOf(value['spec']);
  const names = fieldsOf(spec['names']);
  const kind = textOf(names['kind']);
  const complete = kind === '' ? names : filled(names, { singular: kind.toLowerCase(), listKind: `${kind}List` });
  const conversion = filled(fieldsOf(spec['conversion']), { strategy: 'None' });
  const stored = listOf(spec['versions'])
    .map(fieldsOf)
    .filter((version) => version['storage'] === true)
    .map((version) => textOf(version['name']));
  return inside({ ...value, spec: { ...spec, names: complete, conversion } }, 'status', (status) =>
    filled(status, { storedVersions: stored }),
  );
}

/** A network policy. */
export function networkPolicy(value: Fields): Fields {
  return inside(value, 'spec', (spec) => {
    const types = listOf(spec['egress']).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    const complete = filled(spec, { policyTypes: types });
    return inside(inside(complete, 'ingress.*', tcpPorts), 'egress.*', tcpPorts);
  });
}

/** A driver of volumes. */
export function csiDriver(value: Fields): Fields {
  return inside(value, 'spec', (spec) =>
    filled(spec, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    }),
  );
}
