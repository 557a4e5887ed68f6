import { etcdReplace } from '../../jobs/etcd-replace/runbook.ts';
import { hostOf } from '../../src/core/etcd/peer-url.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { PlanDraft } from '../../src/core/runbook.ts';
import type { FakeMemberSettings } from '../fakes/etcd.ts';
import { createFakeHosts, FAKE_HOST_FACTS, type FakeHosts, type FakeMachine } from '../fakes/hosts.ts';
import { ROOMY } from './backup-scene.ts';
import { createSmallVault, type SmallVault } from './small-vault.ts';
import {
  createStepHarness,
  type HarnessEnd,
  type HarnessOptions,
  type RunOptions,
  type StepHarness,
} from './step-harness.ts';

/** What breaks etcd until it is moved away, in the data of a machine. */
const BROKEN = `${FAKE_HOST_FACTS.dataDirectory}/member/wal/broken`;

/** A bare ring with its machines, a store, and a plan made over them. */
export interface ReplaceScene {
  readonly harness: StepHarness;
  readonly hosts: FakeHosts;
  readonly store: SmallVault;
  /** The machine of a member, by its name; those of hosts that were added by their address. */
  machine(name: string): FakeMachine;
  /** etcd of a member ends again and again, because of its data. */
  breakData(name: string): void;
  plan(params?: Partial<ReplaceSceneParams>): Promise<PlanDraft>;
  run(draft: PlanDraft, how?: RunOptions): Promise<HarnessEnd>;
  /** Names and roles of the ring now, for instance `m-1 voter`. */
  members(): readonly string[];
  /** Announced calls, as `remove-member done`. */
  acts(): readonly string[];
}

/** What the command may say, with what it usually does. */
export interface ReplaceSceneParams {
  readonly target: { readonly kind: 'member' | 'node'; readonly name: string };
  readonly backup: string | null;
  readonly overHealthy: boolean;
  readonly peerUrl: string | null;
}

/** What a scene may be given. */
export interface ReplaceSceneOptions extends Omit<HarnessOptions, 'extra'> {
  /** Members; default three. */
  readonly count?: number;
  readonly members?: readonly FakeMemberSettings[];
  /** Default: all of them can be worked on by ssh. */
  readonly access?: 'ssh' | 'none';
}

/** Makes a ring `m-1` … whose processes are services of machines in memory: what is started there joins the fake ring as etcd would. */
export function replaceScene(options: ReplaceSceneOptions = {}): ReplaceScene {
  const { count = 3, members, access = 'ssh', ...given } = options;
  const settings = members ?? Array.from({ length: count }, () => ({}));
  const hosts = createFakeHosts();
  const store = createSmallVault();
  const harness = createStepHarness({
    ...given,
    runId: given.runId ?? 'replace-prod-test',
    etcd: {
      ...given.etcd,
      members: settings.map((each) => Object.assign({ dbSizeBytes: 64 * 1024, dbSizeInUseBytes: 32 * 1024 }, each)),
    },
    cluster: { platform: 'etcd', backups: ROOMY, hosts: access === 'ssh' ? FAKE_HOST_FACTS : null, ...given.cluster },
    extra: { backups: store.vault, ...(access === 'ssh' ? { hosts: hosts.port } : {}) },
  });
  const addresses = new Map<string, string>();
  for (const { name, peerUrls } of harness.etcd.ring.members) {
    const host = hostOf(peerUrls[0] ?? '') ?? '';
    addresses.set(name, host);
    build(harness, hosts, host, { name, peerUrls }).start();
  }
  const machine = (name: string): FakeMachine => hosts.machine(addresses.get(name) ?? name);
  return {
    harness,
    hosts,
    store,
    machine,
    breakData(name) {
      machine(name).write(BROKEN, 'cut');
      machine(name).crash();
    },
    plan: async (params = {}) => {
      const asked = {
        target: { kind: 'member', name: 'm-2' },
        backup: null,
        overHealthy: false,
        peerUrl: null,
        ...params,
      };
      return await harness.plan(etcdReplace, { ...asked, by: 'T0HOME/U0OPERATOR' } satisfies JsonObject);
    },
    run: async (draft, how = {}) => await harness.run(etcdReplace, draft.steps, how),
    members: () =>
      harness.etcd.ring.members.map(
        ({ name, id, isLearner }) => `${name === '' ? id : name} ${isLearner ? 'learner' : 'voter'}`,
      ),
    acts: () => harness.acts.map(({ action, observed }) => `${action} ${observed?.result ?? 'open'}`),
  };
}

/** A machine of which a started service takes part in the fake ring. */
export function build(
  harness: StepHarness,
  hosts: FakeHosts,
  host: string,
  { name, peerUrls }: { readonly name: string; readonly peerUrls: readonly string[] },
): FakeMachine {
  const { etcd } = harness;
  const made = hosts.add(host, {
    ETCD_NAME: name,
    ETCD_DATA_DIR: FAKE_HOST_FACTS.dataDirectory,
    ETCD_INITIAL_ADVERTISE_PEER_URLS: peerUrls.join(','),
  });
  // Its data break it as long as they are there.
  Object.defineProperty(made.service, 'fate', { get: () => (made.has(BROKEN) ? 'crashes' : 'runs') });
  made.onStart = (read) => {
    const called = read.get('ETCD_NAME') ?? '';
    const urls = (read.get('ETCD_INITIAL_ADVERTISE_PEER_URLS') ?? '').split(',');
    const waiting = etcd.ring.members.find(
      (each) => each.name === '' && each.peerUrls.some((url) => urls.includes(url)),
    );
    if (waiting !== undefined) etcd.startAdded(waiting.id, called);
    else if (etcd.ring.members.some((each) => each.name === called)) etcd.heal(called);
  };
  made.onStop = () => {
    const { name: called } = etcd.ring.members.find((each) => each.peerUrls.some((url) => hostOf(url) === host)) ?? {
      name: '',
    };
    if (called !== '') etcd.kill(called);
  };
  return made;
}
