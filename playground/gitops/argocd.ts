import { textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields, LocalApi } from '../kubernetes/contracts.ts';
import { accepted, acceptedOrGone, type Client, createClient } from '../kubernetes/controllers/client.ts';
import { followSteadily, keepDoing } from '../kubernetes/controllers/following.ts';
import { waitFor } from '../waiting.ts';
import {
  APPLICATION,
  APPLICATION_DEFINITION,
  APPLICATIONS,
  ARGO_NAMESPACE,
  applicationObject,
  TRACKING_ID,
  trackingId,
} from './application.ts';
import { committed, type Manifest, manifestOf, type Repository, withCommit } from './repository.ts';
import { type ArgoOptions, listed, pathIn, reconcile, type Speakers, type SyncState, timeNow } from './syncing.ts';

/** Argo CD over the objects of a management cluster: off at first, as if it were not installed. */
export interface Argo {
  isOn(): boolean;
  /**
   * Puts what is in the cluster now into Git, and keeps it: an Application whose objects carry its tracking id. `selfHeal` false: only new commits
   * are brought to the cluster. @throws Error when the API server refuses.
   */
  turnOn(selfHeal?: boolean): Promise<void>;
  /** The Application and the tracking ids go. */
  turnOff(): Promise<void>;
  /** Commits what is in the cluster now. */
  commitLive(): Promise<void>;
  /** Commits a merge patch of one object. */
  commit(what: Pick<Manifest, 'kind' | 'name'>, merge: Fields): void;
  /** What was committed last. */
  repository(): Repository;
  /** How often something in the cluster was changed back. */
  heals(): number;
  stop(): void;
}

/** Field managers, as Argo CD has them: of what it syncs, of the status of Applications, and of Applications that people make. */
const SYNCS = 'argocd-controller';
const TELLS = 'argocd-application-controller';
const MAKES = 'argocd-server';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** How often it is looked whether it is time to compare again, ms. */
const REFRESH_EVERY_MS = 15_000;

/** Makes it; it begins with {@link Argo.turnOn}. */
export function createArgo(api: LocalApi, options: ArgoOptions): Argo {
  const client = createClient(api, SYNCS);
  const teller = createClient(api, TELLS);
  const state: SyncState = { git: committed([]), last: null, compared: null, differsSince: null, heals: 0 };
  let running: Running | null = null;

  function end(): void {
    running?.end();
    running = null;
  }
  async function commitLive(): Promise<void> {
    const objects = await listed(client, options);
    state.git = committed(objects.flatMap((each) => manifestOf(each) ?? []));
    running?.ask();
  }
  return {
    isOn: () => running !== null,
    async turnOn(selfHeal = true) {
      if (running !== null) return;
      await install(createClient(api, MAKES), options.namespace, selfHeal);
      await commitLive();
      state.last = { revision: state.git.revision, finishedAt: timeNow(), message: 'successfully synced' };
      for (const object of await listed(client, options))
        if (manifestOf(object) !== null) await annotate(client, options, object, trackingId(object));
      running = begin(api, { client, teller }, state, options);
    },
    async turnOff() {
      end();
      acceptedOrGone(await client.remove(`${APPLICATIONS}/${APPLICATION}`));
      for (const object of await listed(client, options))
        if (textAt(object, 'metadata', 'annotations', TRACKING_ID) !== '')
          await annotate(client, options, object, null);
    },
    commitLive,
    commit(what, merge) {
      state.git = withCommit(state.git, what, merge);
      running?.ask();
    },
    repository: () => state.git,
    heals: () => state.heals,
    stop: end,
  };
}

interface Running {
  ask(): void;
  end(): void;
}

/** Looks whenever the Application or one of the objects changed. */
function begin(api: LocalApi, speakers: Speakers, state: SyncState, options: ArgoOptions): Running {
  const ending = new AbortController();
  const chores = keepDoing(ending.signal, async () => {
    const atMs = Date.now();
    const again = await reconcile(speakers, state, options, await listed(speakers.client, options), atMs);
    if (again !== null) setTimeout(ask, again).unref();
  });
  function ask(): void {
    if (!ending.signal.aborted) chores.ask('all');
  }
  for (const path of [APPLICATIONS, ...options.collections]) void followSteadily(api, path, ending.signal, ask);
  const refresh = setInterval(ask, REFRESH_EVERY_MS).unref();
  ending.signal.addEventListener('abort', () => clearInterval(refresh), { once: true });
  return { ask, end: () => ending.abort() };
}

/** The definition, the namespace and the Application; what is there stays. */
async function install(client: Client, namespace: string, selfHeal: boolean): Promise<void> {
  const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ARGO_NAMESPACE } };
  for (const [path, object] of [
    [DEFINITIONS, APPLICATION_DEFINITION],
    ['/api/v1/namespaces', space],
  ] as const) {
    const answer = await client.create(path, object);
    if (answer.status !== 409) accepted(answer);
  }
  await waitFor('Applications to be served', async () => (await client.get(APPLICATIONS)).status === 200);
  accepted(await client.create(APPLICATIONS, applicationObject(namespace, selfHeal)));
}

async function annotate(client: Client, options: ArgoOptions, object: ApiObject, id: string | null): Promise<void> {
  const patch = { metadata: { annotations: { [TRACKING_ID]: id } } };
  acceptedOrGone(await client.merge(pathIn(options, object), patch));
}
