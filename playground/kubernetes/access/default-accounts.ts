import { textAt } from '../api/reading.ts';
import type { LocalApi } from '../contracts.ts';
import { followSteadily, keepDoing } from '../controllers/following.ts';

const AGENT = 'kube-controller-manager';

/**
 * Gives every namespace its ServiceAccount `default` and its ConfigMap `kube-root-ca.crt`, until the signal.
 *
 * @param ca the cluster's authority, PEM
 */
export async function keepDefaultAccounts(api: LocalApi, ca: string, signal: AbortSignal): Promise<void> {
  const chores = keepDoing(signal, (namespace) => complete(api, ca, namespace));
  await Promise.all([
    followSteadily(api, '/api/v1/namespaces', signal, (object) => chores.ask(textAt(object, 'metadata', 'name'))),
    ...[
      'serviceaccounts?fieldSelector=metadata.name=default',
      'configmaps?fieldSelector=metadata.name=kube-root-ca.crt',
    ].map((path) =>
      followSteadily(api, `/api/v1/${path}`, signal, (object) => chores.ask(textAt(object, 'metadata', 'namespace'))),
    ),
  ]);
}

async function complete(api: LocalApi, ca: string, namespace: string): Promise<void> {
  const found = await api.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}` });
  if (found.status === 404 || textAt(found.body, 'metadata', 'deletionTimestamp') !== '') return;
  const base = `/api/v1/namespaces/${namespace}`;
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
  const authority = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'kube-root-ca.crt',
      annotations: {
        'kubernetes.io/description':
          'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
      },
    },
    data: { 'ca.crt': ca },
  };
  await ensure(api, `${base}/serviceaccounts`, account);
  await ensure(api, `${base}/configmaps`, authority);
}

async function ensure(api: LocalApi, path: string, object: { readonly metadata: { readonly name: string } }) {
  const there = await api.request({ method: 'GET', path: `${path}/${object.metadata.name}` });
  if (there.status === 200) return;
  const made = await api.request({ method: 'POST', path, body: object, agent: AGENT });
  // 403 and 404: the namespace goes or has gone.
  if (![201, 403, 404, 409].includes(made.status)) throw new Error(`${path} cannot be written`);
}
