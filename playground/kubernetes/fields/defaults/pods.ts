import type { Fields } from '../../contracts.ts';
import { fieldsOf, isFields, textOf } from '../json.ts';
import { type Filling, filled, inside, inTurn } from './filling.ts';
import { qosClass } from './quality.ts';
import { volume } from './volumes.ts';

/** A pod: its spec, requests from limits, and the status that it begins with. */
export function pod(value: Fields): Fields {
  const withSpec = inside(
    value,
    'spec',
    inTurn(podSpec, (spec) => filled(spec, { enableServiceLinks: true }), requests),
  );
  const status = filled(fieldsOf(withSpec['status']), {
    phase: 'Pending',
    qosClass: qosClass(fieldsOf(withSpec['spec'])),
  });
  return { ...withSpec, status };
}

/** The spec of a pod or of a template. */
export function podSpec(spec: Fields): Fields {
  const account = textOf(spec['serviceAccountName']) || textOf(spec['serviceAccount']);
  const named = account === '' ? spec : { ...spec, serviceAccountName: account, serviceAccount: account };
  const complete = filled(named, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  });
  const isOnHost = complete['hostNetwork'] === true;
  return inTurn(
    (value) => inside(value, 'volumes.*', volume),
    (value) => inside(value, 'initContainers.*', (one) => container(one, isOnHost)),
    (value) => inside(value, 'containers.*', (one) => container(one, isOnHost)),
    (value) => inside(value, 'ephemeralContainers.*', (one) => container(one, isOnHost)),
  )(complete);
}

function container(value: Fields, isOnHost: boolean): Fields {
  const complete = filled(value, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isLatest(textOf(value['image'])) ? 'Always' : 'IfNotPresent',
  });
  return inTurn(
    (one) => inside(one, 'ports.*', (port) => containerPort(port, isOnHost)),
    (one) => inside(one, 'env.*.valueFrom.fieldRef', (reference) => filled(reference, { apiVersion: 'v1' })),
    (one) => inside(one, 'livenessProbe', probe),
    (one) => inside(one, 'readinessProbe', probe),
    (one) => inside(one, 'startupProbe', probe),
    (one) => inside(one, 'lifecycle.postStart.httpGet', httpGet),
    (one) => inside(one, 'lifecycle.preStop.httpGet', httpGet),
  )(complete);
}

/** No tag means `latest`; a digest is never that. */
function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const name = image.slice(image.lastIndexOf('/') + 1);
  const tag = name.includes(':') ? name.slice(name.indexOf(':') + 1) : 'latest';
  return tag === 'latest';
}

function containerPort(port: Fields, isOnHost: boolean): Fields {
  const complete = filled(port, { protocol: 'TCP' });
  return isOnHost ? filled(complete, { hostPort: port['containerPort'] }) : complete;
}

const probe: Filling = inTurn(
  (value) => filled(value, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }),
  (value) => inside(value, 'httpGet', httpGet),
  (value) => inside(value, 'grpc', (grpc) => filled(grpc, { service: '' })),
);

function httpGet(value: Fields): Fields {
  return filled(value, { path: '/', scheme: 'HTTP' });
}

/** What is limited but not requested is requested as limited. Only of pods, never of templates. */
function requests(spec: Fields): Fields {
  return ['containers', 'initContainers'].reduce(
    (before, name) => inside(before, `${name}.*.resources`, requestAsLimited),
    spec,
  );
}

function requestAsLimited(resources: Fields): Fields {
  const { limits } = resources;
  if (!isFields(limits) || Object.keys(limits).length === 0) return resources;
  return { ...resources, requests: filled(fieldsOf(resources['requests']), limits) };
}

/** A template of pods. */
export function template(value: Fields): Fields {
  return inside(value, 'spec', podSpec);
}
