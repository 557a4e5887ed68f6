import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { throughAny } from '../../playground/etcd-membership.ts';
import { platformOfOcp } from '../../playground/openshift/ocp-platform.ts';
import { type OcpOptions, type OcpPlayground, startOcp } from '../../playground/openshift/start.ts';
import type { PlatformMember, PlaygroundPlatform } from '../../playground/platforms.ts';
import { ringOfCluster } from '../../playground/ring-of-cluster.ts';
import { waitFor } from '../../playground/waiting.ts';
import type { Attributes } from '../../src/adapters/kubernetes/attributes.ts';
import type { RunState } from '../../src/core/run-state.ts';
import { type RingWriter, startRingWriter, WRITER_PREFIX } from './ring-writer.ts';
import { createRunbookScene } from './runbook-scene.ts';

/** The playground's OpenShift, replacements on it by the engine with the rights of the shipped roles, and somebody who writes all the time. */
export interface OcpReplacements {
  readonly ocp: OcpPlayground;
  /** Requests that the shipped roles do not allow. */
  readonly refused: readonly string[];
  /** What was asked of the API server. */
  readonly requests: readonly Attributes[];
  member(name: string): PlatformMember;
  /** Asks for a replacement, again while the plan is blocked because the cluster has not seen the fault yet, and waits for its end. */
  replace(name: string): Promise<RunState>;
  voters(): Promise<readonly string[]>;
  /** Keys whose writing was acknowledged and that a member does not have, of all members. */
  lost(): readonly string[];
  /** How many were acknowledged. */
  acknowledged(): number;
  /** Overrides of the etcd operator. */
  overrides(): Promise<unknown>;
  stop(): Promise<void>;
}

const TIMES = { watch: '2s', machineReady: '4m', joined: '4m' };
const RUN_MS = 400_000;
/** The cluster needs some time to see a fault, and to settle after it. */
const SEEN_MS = 150_000;

/** Starts it. */
export async function startOcpReplacements(options: OcpOptions = {}): Promise<OcpReplacements> {
  const refused: string[] = [];
  const ocp = await startOcp({
    pace: 0.1,
    backOff: { first: 1000, longest: 2000 },
    ...options,
    onRefused: (user, what) => void refused.push(`${user.name}: ${what.verb} ${what.resource} ${what.path}`),
  });
  const directory = await makeTemporaryDirectory('replace-ocp');
  const store = join(directory, 'store');
  await mkdir(store);
  const platform = await platformOfOcp(ocp, { settings: { defrag: { sample: '500ms' }, replace: TIMES } });
  const scene = createRunbookScene(
    { ...platform.entry, backups: { store: { type: 'file', path: store } } },
    { withinMs: RUN_MS },
  );
  const writer = startRingWriter(ringOfCluster(ocp.cluster));
  const { etcd, api } = ocp.cluster;
  return {
    ocp,
    refused,
    requests: scene.requests,
    member: (name) => {
      const found = platform.members().find((each) => each.name === name);
      if (found === undefined) throw new Error(`there is no member ${name}`);
      return found;
    },
    replace: async (name) => {
      const params = { target: { kind: 'member', name }, backup: null, overHealthy: false, peerUrl: null };
      return await waitFor(
        'a plan that is not blocked',
        async () => {
          const run = await scene.run('etcd-replace', { ...params, by: 'T0HOME/U0OPERATOR' });
          return run.ended?.outcome === 'blocked' ? undefined : run;
        },
        { timeoutMs: SEEN_MS, everyMs: 1000 },
      );
    },
    voters: async () =>
      await throughAny(etcd.endpoints, etcd.tls, async (ring) =>
        (await ring.list())
          .filter(({ isLearner }) => !isLearner)
          .map(({ name }) => name)
          .toSorted(),
      ),
    lost: () => lostKeys(ocp, platform, writer),
    acknowledged: () => writer.acknowledged.length,
    overrides: async () => {
      const { body } = await api.request({ method: 'GET', path: '/apis/operator.openshift.io/v1/etcds/cluster' });
      return JSON.parse(JSON.stringify(body)).spec?.unsupportedConfigOverrides ?? null;
    },
    stop: async () => {
      await writer.stop();
      await scene.close();
      await ocp.stop();
      await removeDirectory(directory);
    },
  };
}

function lostKeys(ocp: OcpPlayground, platform: PlaygroundPlatform, writer: RingWriter): readonly string[] {
  const acknowledged = [...writer.acknowledged];
  const running = platform.members().filter((each) => each.pid() !== undefined);
  return running.flatMap(({ name, clientUrl }) => {
    const kept = keysAt(ocp, clientUrl);
    return acknowledged.flatMap((key) => (kept.has(key) ? [] : [`${name}: ${key}`]));
  });
}

function keysAt({ cluster: { etcd } }: OcpPlayground, clientUrl: string): ReadonlySet<string> {
  const { ca, cert, key } = etcd.tls;
  const access = [`--endpoints=${clientUrl}`, `--cacert=${ca}`, `--cert=${cert}`, `--key=${key}`];
  const output = execFileSync(
    etcd.programs.programs['etcdctl'] ?? 'etcdctl',
    [...access, 'get', '--prefix', '--keys-only', WRITER_PREFIX],
    { encoding: 'utf8', maxBuffer: 64 << 20, env: { PATH: process.env['PATH'], ETCDCTL_API: '3' } },
  );
  return new Set(output.split('\n').filter((line) => line !== ''));
}
