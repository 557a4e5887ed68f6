import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { PlaygroundCluster } from '../../playground/kubernetes/cluster.ts';
import { waitFor } from '../../playground/waiting.ts';
import { type AnsweringProxy, type Instead, type Rule, startAnsweringProxy } from '../support/answering-proxy.ts';
import { rewriteKubeconfig } from '../support/cluster-rights.ts';
import { callsLeft, LEASES, leasesLeft, wordsOf } from '../support/cluster-traces.ts';
import { nextFollower } from '../support/e2e-faults.ts';
import { type EndedRun, explainFailures, type Scene, startScene } from '../support/e2e-scene.ts';

// The API server answers, but not what was asked for: to the list of pods while planning, to the handshake of a turn, to the note of a
// call; or its answer breaks off. A 409 to a list and a 409 or 410 to an exec have no meaning that a server would give them, nor has a 410 to a write.

vi.setConfig({ testTimeout: 120_000 });

let scene: Scene;
let cluster: PlaygroundCluster;
let proxy: AnsweringProxy;

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({ name: 'answers of the API server', prod: 'cluster', clusters: ['prod'], access: 'exec' });
  if (scene.cluster === null) throw new Error('no cluster');
  ({ cluster } = scene);
  proxy = await startAnsweringProxy({ server: cluster.server, ca: cluster.pki.ca.cert });
  await scene.worker.stop(5000);
  await rewriteKubeconfig(cluster, (file) => {
    const [entry] = file.clusters;
    return { ...file, clusters: [{ ...entry, cluster: { server: proxy.url } }] };
  });
  await scene.worker.start();
}, 180_000);

afterAll(async () => {
  await scene.stop();
  await proxy.close();
});

afterEach(() => {
  proxy.rule(null);
});

const PLACES = {
  pods: ({ method, path }) => method === 'GET' && path.startsWith('/api/v1/namespaces/kube-system/pods?'),
  'all pods': ({ method, path }) => method === 'GET' && path.startsWith('/api/v1/pods?'),
  turn: ({ path }) => path.includes('/exec?') && path.includes('command=defrag'),
  lease: ({ method, path }) => path.startsWith(LEASES) && (method === 'POST' || method === 'PUT'),
} as const satisfies Readonly<Record<string, Rule['when']>>;

const ANSWERS = {
  'a 429 for a second': { status: 429, reason: 'TooManyRequests', message: 'too many requests', retryAfter: 1 },
  'a 429 for 6 s': { status: 429, reason: 'TooManyRequests', message: 'too many requests', retryAfter: 6 },
  'a 500': { status: 500, reason: 'InternalError', message: 'the server has a fault' },
  'a 404': { status: 404, reason: 'NotFound', message: 'the server could not find the requested resource' },
  'a 409': { status: 409, reason: 'AlreadyExists', message: 'there is one of this name' },
  'a 410': { status: 410, reason: 'Expired', message: 'the continue token is too old' },
} as const satisfies Readonly<Record<string, Instead>>;

function refuse(place: keyof typeof PLACES, answer: keyof typeof ANSWERS | 'broken', times?: number): void {
  const instead = answer === 'broken' ? answer : ANSWERS[answer];
  proxy.rule({ when: PLACES[place], answer: instead, ...(times === undefined ? {} : { times }) });
}

/** How often the server's stead answered. */
function refusals(): number {
  return proxy.seen.filter(({ refusedWith }) => refusedWith !== null).length;
}

/** Asks for a defragmentation of one follower, and has it approved. */
async function defrag(): Promise<string> {
  if (scene.turns.begun().length > 0) await scene.refill();
  const run = await scene.ask(`/kube defrag prod member/${await nextFollower(scene)} --pause 1s`);
  await scene.approve(run);
  return run;
}

/** The end of a run that left neither lock, program nor Lease, and gave nobody two turns. */
async function endOf(run: string): Promise<EndedRun> {
  const end = await scene.ended(run, 100_000);
  expect(await scene.runs.locks()).toEqual([]);
  await waitFor('every call of etcdctl to have ended', () => callsLeft(cluster).length === 0);
  await waitFor('the Lease of the run to be gone', async () => !(await leasesLeft(cluster)).includes(run));
  expect(new Set(scene.turns.begun()).size).toBe(scene.turns.begun().length);
  return end;
}

test('the list of pods is refused for a second: the plan waits and is made', async () => {
  refuse('pods', 'a 429 for a second', 1);
  const end = await endOf(await scene.ask('/kube defrag prod --dry-run'));

  expect(end.state.ended).toMatchObject({ reason: 'dry-run' });
  expect(refusals()).toBe(1);
});

test('the list of pods is reset in the middle, twice: it is asked for again, and the plan is made', async () => {
  refuse('pods', 'broken', 2);
  const end = await endOf(await scene.ask('/kube defrag prod --dry-run'));

  expect(end.state.ended).toMatchObject({ reason: 'dry-run' });
  expect(refusals()).toBe(2);
});

test('the list of pods is reset in the middle each time: nothing is planned, and the card says why', async () => {
  refuse('pods', 'broken');
  const end = await endOf(await scene.ask('/kube defrag prod'));

  expect(end.state.ended).toMatchObject({ outcome: 'blocked', reason: 'cluster-unreachable' });
  expect(wordsOf(end)).toContain('the connection was lost');
});

test('the list of all pods is reset in the middle each time: the status says that it does not know the pods', async () => {
  refuse('all pods', 'broken');
  const end = await endOf(await scene.ask('/kube status prod'));

  expect(end.state.ended).toMatchObject({ outcome: 'succeeded' });
  expect(wordsOf(end)).toContain('The pods were not seen, so nothing is known of the control plane.');
  expect(wordsOf(end)).toContain('the connection was lost');
});

test.each([
  ['a 429 for 6 s', /too many requests/],
  ['a 500', /the server has a fault/],
  ['a 404', /could not find the requested resource/],
  ['a 410', /the continue token is too old/],
] as const)(
  'the list of pods is answered with %s: nothing is planned, and the card says why',
  async (answer, words) => {
    refuse('pods', answer);
    const end = await endOf(await scene.ask('/kube defrag prod'));

    expect(end.state.ended).toMatchObject({ outcome: 'blocked', reason: 'cluster-unreachable' });
    expect(scene.turns.begun()).toEqual([]);
    expect(wordsOf(end)).toMatch(words);
  },
);

test.each([
  ['a 429 for 6 s', 'api-refused', /Nothing was sent: .*too many requests/],
  // Behind a 500 somebody may have begun, and a run waits 8 s here: too short to tell.
  ['a 500', 'outcome-unknown', /cp-\d answers, but after .* the call may still begin/],
  ['a 404', 'api-refused', /Nothing was sent: .*could not find the requested resource/],
] as const)('the handshake of a turn is answered with %s: no turn begins', async (answer, reason, words) => {
  refuse('turn', answer);
  const end = await endOf(await defrag());

  expect(end.state.ended).toMatchObject({ reason });
  expect(refusals()).toBe(1);
  expect(scene.turns.begun()).toEqual([]);
  expect(end.state.acts).toHaveLength(1);
  expect(wordsOf(end)).toMatch(words);
});

test('the handshake of a turn is refused for a second: the turn begins then, once', async () => {
  refuse('turn', 'a 429 for a second', 1);
  const end = await endOf(await defrag());

  expect(end.state.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
  expect(refusals()).toBe(1);
  expect(scene.turns.begun()).toHaveLength(1);
  expect(end.state.acts).toHaveLength(1);
});

test.each([
  ['a 429 for 6 s', 3, /too many requests/],
  ['a 500', 3, /the server has a fault/],
  ['a 404', 1, /could not find the requested resource/],
  ['a 409', 3, /there is one of this name/],
] as const)('the note of a call is answered with %s: the call is not made', async (answer, tries, words) => {
  refuse('lease', answer);
  const end = await endOf(await defrag());

  expect(end.state.ended).toMatchObject({ outcome: 'failed', reason: 'witness-unavailable' });
  expect(refusals()).toBe(tries);
  expect(scene.turns.begun()).toEqual([]);
  expect(wordsOf(end)).toMatch(words);
});

test.each([
  ['a 429 for a second', 2],
  ['a 409', 1],
] as const)(
  'the note of a call is answered with %s, %i times: it is written then, and the run goes on',
  async (answer, times) => {
    refuse('lease', answer, times);
    const end = await endOf(await defrag());

    expect(end.state.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
    expect(refusals()).toBe(times);
    expect(scene.turns.begun()).toHaveLength(1);
  },
);
