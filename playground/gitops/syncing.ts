import { fieldsOf, isObject, listAt, sameJson, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { acceptedOrGone, type Client } from '../kubernetes/controllers/client.ts';
import {
  APPLICATION,
  APPLICATIONS,
  type Compared,
  type Comparison,
  policyOf,
  type Synced,
  statusOf,
  TRACKING_ID,
  trackingId,
} from './application.ts';
import { agrees, isOf, type Manifest, type Repository } from './repository.ts';

/** What Argo CD is to keep. */
export interface ArgoOptions {
  /** Collections in one namespace, where Clusters, control planes and MachineDeployments are. */
  readonly collections: readonly string[];
  readonly namespace: string;
  /** How long it leaves a change in the cluster before it takes it back, ms; default 1000. */
  readonly healAfterMs?: number;
}

/** As whom it speaks to the API server. */
export interface Speakers {
  /** Of what it syncs. */
  readonly client: Client;
  /** Of the status of the Application. */
  readonly teller: Client;
}

/** What it remembers between two looks. */
export interface SyncState {
  git: Repository;
  last: Synced | null;
  /** The last comparison with the newest commit; `null`: there was none. */
  compared: Comparison | null;
  /** Since when the cluster differs from Git, ms since 1970; `null`: it does not. */
  differsSince: number | null;
  heals: number;
}

/**
 * One look, and what follows from it. What is in Git and no longer in the cluster is not made anew. Answers after how many ms to look again without being told; `null`: never.
 *
 * Sources: Argo CD, appcontroller.go, `autoSync`; `processAppRefreshQueueItem`: what changes in the cluster is compared with the commit of before,
 * and `reconciledAt` stays.
 *
 * @param objects as they were at `atMs` or later
 * @param atMs when the look began, ms since the epoch
 */
export async function reconcile(
  { client, teller }: Speakers,
  state: SyncState,
  options: ArgoOptions,
  objects: readonly ApiObject[],
  atMs: number,
): Promise<number | null> {
  const { body, status } = await client.get(`${APPLICATIONS}/${APPLICATION}`);
  if (status !== 200 || !isObject(body)) return null;
  const policy = policyOf(body);
  if (policy.skipped) return null;
  const { git } = state;
  const comparison = comparedNow(state, policy.asked, atMs);
  state.compared = comparison;
  const pairs = git.manifests.map((manifest) => ({ manifest, object: objects.find((each) => isOf(manifest, each)) }));
  const gone = pairs.filter(({ object }) => object === undefined).map(({ manifest }) => manifest);
  const differing = pairs.flatMap(({ manifest, object }) =>
    object === undefined || agrees(manifest, object) ? [] : [{ manifest, object }],
  );
  state.differsSince = differing.length === 0 ? null : (state.differsSince ?? Date.now());
  const isNew = git.revision !== state.last?.revision;
  const waits = (state.differsSince ?? 0) + (options.healAfterMs ?? HEAL_MS) - Date.now();
  const heals = policy.selfHeal && differing.length > 0 && waits <= 0;
  if (policy.asked || (policy.automated && isNew) || heals) {
    for (const { manifest, object } of differing) await bring(client, options, manifest, object);
    if (heals && !isNew) state.heals += differing.length;
    const message = isNew || policy.asked ? 'successfully synced' : 'successfully synced: partial sync after self heal';
    state.last = { revision: git.revision, finishedAt: timeNow(), message };
    state.differsSince = null;
    await writeStatus(teller, body, statusOf(pairs.map(compared(new Set(gone))), comparison, state.last));
    return null;
  }
  const set = new Set([...gone, ...differing.map(({ manifest }) => manifest)]);
  await writeStatus(teller, body, statusOf(pairs.map(compared(set)), comparison, state.last));
  return policy.selfHeal && differing.length > 0 ? Math.max(50, waits) : null;
}

const HEAL_MS = 1_000;
/** How often it is compared with the newest commit without being told of one, ms. */
export const REFRESH_MS = 180_000;

function comparedNow({ git: { revision }, compared: before }: SyncState, isAsked: boolean, atMs: number): Comparison {
  const isOld = before !== null && atMs - Date.parse(before.at) >= REFRESH_MS;
  if (before !== null && before.revision === revision && !isAsked && !isOld) return before;
  return { revision, at: timeOf(atMs) };
}

function compared(differing: ReadonlySet<Manifest>) {
  return ({ manifest }: { readonly manifest: Manifest }): Compared => {
    const { apiVersion, kind, namespace, name } = manifest;
    const [group = '', version = ''] = apiVersion.split('/');
    return { group, version, kind, namespace, name, status: differing.has(manifest) ? 'OutOfSync' : 'Synced' };
  };
}

/** Writes what Git says. */
async function bring(client: Client, options: ArgoOptions, { fields }: Manifest, object: ApiObject): Promise<void> {
  const metadata = { annotations: { [TRACKING_ID]: trackingId(object) } };
  acceptedOrGone(await client.merge(pathIn(options, object), { ...fields, metadata }));
}

/** Its status, and the end of an operation that was asked for. Nothing is written when nothing differs. */
async function writeStatus(client: Client, application: ApiObject, status: Fields): Promise<void> {
  const isAsked = application['operation'] !== undefined;
  if (!isAsked && sameJson(fieldsOf(application['status']), status)) return;
  const patch = { status, ...(isAsked ? { operation: null } : {}) };
  acceptedOrGone(await client.merge(`${APPLICATIONS}/${APPLICATION}`, patch));
}

/** Where an object of one of the collections is. @throws Error when its kind is in none. */
export function pathIn({ collections }: ArgoOptions, object: ApiObject): string {
  const plural = `${object.kind.toLowerCase()}s`;
  const collection = collections.find((each) => each.endsWith(`/${plural}`));
  if (collection === undefined) throw new Error(`no collection holds ${object.kind}`);
  return `${collection}/${textAt(object, 'metadata', 'name')}`;
}

/** RFC 3339, without fractions. */
export function timeNow(): string {
  return timeOf(Date.now());
}

function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** The objects of all collections that are served. */
export async function listed(client: Client, { collections }: ArgoOptions): Promise<readonly ApiObject[]> {
  const answers = await Promise.all(collections.map((path) => client.get(path)));
  return answers.flatMap(({ body }) => listAt(body, 'items').filter(isObject));
}
