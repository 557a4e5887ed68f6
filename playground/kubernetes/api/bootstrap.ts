import { setTimeout as delay } from 'node:timers/promises';
import type { LocalApi } from '../contracts.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const RETRY_MS = 200;

/** Makes the namespaces that every cluster has, as soon as etcd lets it. */
export async function makeSystemNamespaces(api: LocalApi, signal: AbortSignal): Promise<void> {
  for (const name of NAMESPACES) {
    while (!signal.aborted && !(await made(api, name))) await delay(RETRY_MS, undefined, { ref: false });
  }
}

async function made(api: LocalApi, name: string): Promise<boolean> {
  const path = '/api/v1/namespaces';
  const there = await api.request({ method: 'GET', path: `${path}/${name}` });
  if (there.status === 200) return true;
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  const { status } = await api.request({ method: 'POST', path, body, agent: 'kube-apiserver' });
  return status === 201 || status === 409;
}
