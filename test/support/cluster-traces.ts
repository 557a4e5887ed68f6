import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlaygroundCluster } from '../../playground/kubernetes/cluster.ts';
import type { EndedRun } from './e2e-scene.ts';

/** Where the Leases of runs lie. */
export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';

/** All words of the card of a run. */
export function wordsOf({ card }: Pick<EndedRun, 'card'>): string {
  const words: string[] = [];
  JSON.stringify(card.message.blocks, (key, value: unknown) => {
    if (key === 'text' && typeof value === 'string') words.push(value);
    return value;
  });
  return [...words, card.message.text].join('\n');
}

/** Programs that runs started in the etcd pods of a cluster and that are still there: calls of etcdctl, with their arguments. */
export function callsLeft(cluster: PlaygroundCluster): readonly string[] {
  const commands = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandOf(pid));
  return commands.filter(
    (words) => words.includes('etcdctl ') && cluster.etcd.endpoints.some((url) => words.includes(url)),
  );
}

function commandOf(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** The Leases of runs that a cluster has, as JSON. */
export async function leasesLeft(cluster: PlaygroundCluster): Promise<string> {
  const { body } = await cluster.api.request({ method: 'GET', path: `${LEASES}?labelSelector=drydock.dev/run` });
  return JSON.stringify(body);
}

/** Makes a Lease of a run that nobody knows, in the middle of its call. Answers its name. */
export async function makeForeignLease(cluster: PlaygroundCluster): Promise<string> {
  const note = {
    run: 'defrag-prod-zzzz',
    locks: ['cluster/prod/etcd'],
    epoch: 1,
    acts: 1,
    step: 0,
    item: 'cp-1',
    action: 'defragment',
    at: '2026-01-01T00:00:00.000Z',
    observed: false,
  };
  const name = `drydock-${note.run}`;
  const labels = { 'drydock.dev/run': note.run };
  const annotations = { 'drydock.dev/note': JSON.stringify(note) };
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, labels, annotations },
    spec: { holderIdentity: `drydock/${note.run}` },
  };
  const { status } = await cluster.api.request({ method: 'POST', path: LEASES, body });
  if (status !== 201) throw new Error(`the Lease was not made: ${status}`);
  return name;
}
