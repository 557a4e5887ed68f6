// Drydock's adapter as a process of its own, for measuring. Arguments: what to do, and the kubeconfig.
import process from 'node:process';
import { z } from 'zod';
import { openKubernetes } from '../../src/adapters/kubernetes/open.ts';
import type { KubernetesPort, KubernetesResult } from '../../src/core/ports/kubernetes.ts';
import { NAMESPACE } from './many-pods.ts';

const PODS = { apiVersion: 'v1', kind: 'Pod', namespace: null };
const CALL = { timeoutMs: 300_000 };

function valueOf<T>(result: KubernetesResult<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

function write(name: string): void {
  process.stdout.write(`pod/${name}\n`);
}

const acts = {
  /** Connects and asks for one small answer: what every other figure contains. */
  version: async (port) => void valueOf(await port.version(CALL)),
  list: async (port) => void valueOf(await port.list(PODS, CALL)),
  'each-page': async (port) => void valueOf(await port.eachPage(PODS, CALL, () => undefined)),
  /** Until it is ended. Writes a line for each object that is there and for each change, as `kubectl get -w -o name`. */
  watch: async (port) => {
    const query = { ...PODS, namespace: NAMESPACE };
    await port.watch(query, { signal: new AbortController().signal }, (event) => {
      if ('object' in event) write(event.object.metadata.name);
    });
  },
} satisfies Readonly<Record<string, (port: KubernetesPort) => Promise<void>>>;

const [what, kubeconfig] = z
  .tuple([z.enum(['version', 'list', 'each-page', 'watch']), z.string()])
  .parse(process.argv.slice(2));
const port = openKubernetes({ kubeconfig });
await acts[what](port);
await port.close();
