import { isObject, listAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, LocalApi } from '../kubernetes/contracts.ts';
import { accepted, type Client, createClient } from '../kubernetes/controllers/client.ts';
import { createMirrors } from '../kubernetes/controllers/mirror.ts';
import { waitFor } from '../waiting.ts';
import { type History, lowestOf, type Sample, withSample } from './history.ts';
import { WORKLOAD_NAME, WORKLOAD_NAMESPACE, type WorkloadOptions, workloadObjects } from './objects.ts';
import { heldBy, oneOfEachNode, sampleOf } from './reading.ts';

const PODS = `/api/v1/namespaces/${WORKLOAD_NAMESPACE}/pods`;
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${WORKLOAD_NAMESPACE}/deployments`;
const BUDGETS = `/apis/policy/v1/namespaces/${WORKLOAD_NAMESPACE}/poddisruptionbudgets`;
/** Keeps a pod that has ended from going. */
const HELD = 'playground.drydock/held';
const READY_MS = 60_000;
const EVERY_MS = 500;
/** Samples that are kept. */
const MOST = 2_000;

/** The sample workload of a cluster, watched from its deployment on. */
export interface SampleWorkload {
  readonly namespace: string;
  readonly name: string;
  /** What was seen, oldest first: only what changed; of a long time the worst moments. */
  history(): History;
  /** How it is now. */
  now(): Sample;
  /** The worst moment since its deployment, or since this time (ms since 1970). */
  lowest(since?: number): Sample;
  /** Lets its budget say another number from now on. @throws Error when the API server refuses. */
  setNeeded(needed: number): Promise<void>;
  /** One pod on each node does not go when it has ended. Answers which. @throws Error when the API server refuses. */
  holdPods(): Promise<readonly string[]>;
  /** Lets those that were held go. @throws Error when the API server refuses. */
  releasePods(): Promise<void>;
  /** Ends the watching; the workload stays. */
  stop(): void;
}

/**
 * Deploys the sample workload, where it is not there yet, waits until all of it is ready, and watches it from then on.
 *
 * @throws Error when something is refused, or not everything is ready within 60 s.
 */
export async function deployWorkload(api: LocalApi, options: WorkloadOptions = {}): Promise<SampleWorkload> {
  const client = createClient(api, 'kubectl');
  for (const { collection, object } of workloadObjects(options)) {
    const answer = await api.request({ method: 'POST', path: collection, body: object, agent: 'kubectl' });
    if (answer.status !== 409) accepted(answer);
  }
  const ending = new AbortController();
  const look = followed(api, ending.signal);
  try {
    await waitFor('the sample workload to be ready', () => isWell(look()), { timeoutMs: READY_MS, everyMs: 100 });
  } catch (error) {
    ending.abort();
    throw error;
  }
  return { ...watched(look, ending), ...faultsOf(client) };
}

interface Look {
  (): Sample;
  onChange(listener: () => void): void;
}

function isWell({ ready, needed, wanted }: Sample): boolean {
  return wanted > 0 && ready === wanted && needed !== null;
}

/** Looks at what the API server told last; its memory stays while that is away. */
function followed(api: LocalApi, signal: AbortSignal): Look {
  const mirrors = createMirrors(api, signal);
  const [pods, nodes, deployments, budgets] = [PODS, '/api/v1/nodes', DEPLOYMENTS, BUDGETS].map((path) =>
    mirrors.of(path),
  );
  if (pods === undefined || nodes === undefined || deployments === undefined || budgets === undefined)
    throw new Error('four paths are four mirrors');
  const look = (): Sample =>
    sampleOf(
      {
        pods: pods.all(),
        nodes: nodes.all(),
        deployment: deployments.named(WORKLOAD_NAMESPACE, WORKLOAD_NAME),
        budget: budgets.named(WORKLOAD_NAMESPACE, WORKLOAD_NAME),
      },
      Date.now(),
    );
  return Object.assign(look, {
    onChange: (listener: () => void) => {
      for (const mirror of [pods, nodes, deployments, budgets]) mirror.onChange(listener);
    },
  });
}

/** Takes a sample at every change and every half second, so that nothing short is missed. */
function watched(look: Look, ending: AbortController): Omit<SampleWorkload, keyof ReturnType<typeof faultsOf>> {
  const first = look();
  let history: History = [first];
  function take(): void {
    if (!ending.signal.aborted) history = withSample(history, look(), MOST);
  }
  look.onChange(take);
  const timer = setInterval(take, EVERY_MS);
  timer.unref();
  return {
    namespace: WORKLOAD_NAMESPACE,
    name: WORKLOAD_NAME,
    history: () => history,
    now: look,
    lowest: (since) => lowestOf(history, since) ?? first,
    stop() {
      clearInterval(timer);
      ending.abort();
    },
  };
}

function faultsOf(client: Client): Pick<SampleWorkload, 'setNeeded' | 'holdPods' | 'releasePods'> {
  async function pods(): Promise<readonly ApiObject[]> {
    return listAt(accepted(await client.get(PODS)), 'items').filter(isObject);
  }
  async function setFinalizers(name: string, finalizers: readonly unknown[]): Promise<void> {
    const answer = await client.merge(`${PODS}/${name}`, { metadata: { finalizers } });
    if (answer.status !== 404) accepted(answer);
  }
  return {
    async setNeeded(needed) {
      accepted(await client.merge(`${BUDGETS}/${WORKLOAD_NAME}`, { spec: { minAvailable: needed } }));
    },
    async holdPods() {
      const all = await pods();
      const names = oneOfEachNode(all);
      for (const name of names) {
        const pod = all.find((each) => textAt(each, 'metadata', 'name') === name);
        await setFinalizers(name, [...listAt(pod, 'metadata', 'finalizers'), HELD]);
      }
      return names;
    },
    async releasePods() {
      for (const { name, rest } of heldBy(await pods(), HELD)) await setFinalizers(name, rest);
    },
  };
}
