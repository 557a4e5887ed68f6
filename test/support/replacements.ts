import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { throughAny } from '../../playground/etcd-membership.ts';
import { createFaultBook, type FaultOrder } from '../../playground/faults/faults.ts';
import type { PlatformMember, PlaygroundPlatform } from '../../playground/platforms.ts';
import type { RunState } from '../../src/core/run-state.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { conditionsIn } from './diagnosis-scene.ts';
import { type RingWriter, startRingWriter } from './ring-writer.ts';
import { createRunbookScene, type RunbookScene, type ScenePeople } from './runbook-scene.ts';

/** One platform of the playground with its faults, replacements on it by the engine with the access of a worker, and somebody who writes all the time. */
export interface Replacements {
  readonly scene: RunbookScene;
  readonly writer: RingWriter;
  /** `cluster` in drydock.yaml, with a store for backups. */
  readonly entry: Readonly<Record<string, unknown>>;
  /** @throws Error for an unknown name. */
  member(name: string): PlatformMember;
  /**
   * Sets a fault by the fault book of the playground, and waits until `/kube members` says that the member is so, and in these words: what
   * is seen of a process that comes and goes differs from look to look. Answers what that told.
   */
  fault(fault: FaultOrder['fault'], member: string, told: string, words?: RegExp): Promise<StateReport>;
  /**
   * Sets a fault as {@link fault} does, plans a replacement that changes nothing until the plan sees the same, takes the fault away, and waits
   * until `/kube members` finds everybody well. Answers what was told before, and the run of the plan.
   */
  whileFaulty(
    fault: FaultOrder['fault'],
    member: string,
    told: string,
    words?: RegExp,
  ): Promise<{ report: StateReport; run: RunState }>;
  /** Replaces it: gates are answered, up to the end. One plan only: a blocked one is the end. */
  replace(member: string, order?: ReplaceOrder): Promise<RunState>;
  /** Names of the members, with their role where they do not vote. */
  voters(): Promise<readonly string[]>;
  /** Expects that a replacement succeeded, that these vote, that all have the same data, and that nothing acknowledged is lost. */
  expectWhole(run: RunState, voters: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** What the command may say beside the name. */
export interface ReplaceOrder {
  readonly peerUrl?: string | null;
  readonly overHealthy?: boolean;
}

/** How it is made. */
export interface ReplacementsOptions {
  /** Path of the etcdctl that reads at the end. */
  readonly etcdctl: string;
  readonly people?: ScenePeople;
}

/** Settings of `etcd` in drydock.yaml with which nobody waits longer than the states need. */
export const QUICK = {
  defrag: { sample: '500ms' },
  replace: {
    watch: '2s',
    machineReady: '4m',
    joined: '4m',
    caughtUp: '1m',
    hostBuilt: '3m',
    nodeNotReady: '3s',
    still: '3s',
  },
} as const;

const BY = { by: 'T0HOME/U0OPERATOR' };
/** Everything here crosses processes, on a machine that is busy with others. */
const SEEN = { timeout: 150_000, interval: 500 };
const Facts = z.looseObject({ case: z.string() });

/** Makes it, with a store for backups of its own. The platform is stopped with it. */
export async function startReplacements(
  platform: PlaygroundPlatform,
  { etcdctl, people }: ReplacementsOptions,
): Promise<Replacements> {
  const directory = await makeTemporaryDirectory('replacements');
  const store = join(directory, 'store');
  await mkdir(store);
  const entry = { ...platform.entry, backups: { store: { type: 'file', path: store } } };
  const scene = createRunbookScene(entry, people);
  const book = createFaultBook(() => [platform]);
  const writer = startRingWriter({ members: () => platform.members(), tls: platform.tls, etcdctl });
  const report = async (): Promise<StateReport> => reportOf(await scene.run('members'));
  async function order(kind: FaultOrder['fault'], member: string): Promise<void> {
    const done = { ok: true, said: expect.any(String) };
    expect(await book.set({ cluster: platform.name, fault: kind, member })).toEqual(done);
  }
  async function fault(
    kind: FaultOrder['fault'],
    member: string,
    condition: string,
    words = /./,
  ): Promise<StateReport> {
    await order(kind, member);
    let told = await report();
    const isTold = async (): Promise<boolean> => {
      told = await report();
      return conditionsIn(told)[member] === condition && words.test(told.notes.join('\n'));
    };
    try {
      await expect.poll(isTold, SEEN).toBe(true);
    } catch (error) {
      throw new Error(`${member} is not told as ${condition}, in words like ${words}:\n${told.notes.join('\n')}`, {
        cause: error,
      });
    }
    return told;
  }
  async function planWhile(member: string, condition: string): Promise<RunState> {
    const plan = async (): Promise<RunState> => await scene.run('etcd-replace', paramsOf(member), { dryRun: true });
    let run = await plan();
    const sees = (): boolean => JSON.stringify(run.plan).includes(`: ${condition}. Seen: `);
    for (const until = Date.now() + SEEN.timeout; !sees() && Date.now() < until; ) run = await plan();
    expect(sees(), `${member} is not planned for as ${condition}: ${JSON.stringify(run.plan, null, 1)}`).toBe(true);
    return run;
  }
  const voters = async (): Promise<readonly string[]> => await votersOf(platform);
  return {
    scene,
    writer,
    entry,
    member: (name) => {
      const found = platform.members().find((each) => each.name === name);
      if (found === undefined) throw new Error(`there is no member ${name}`);
      return found;
    },
    fault,
    async whileFaulty(kind, member, condition, words) {
      try {
        const told = await fault(kind, member, condition, words);
        return { report: told, run: await planWhile(member, condition) };
      } finally {
        if (book.of(platform.name, member) !== undefined) await order('clear', member);
        await expect.poll(async () => unwell(await report()), SEEN).toEqual([]);
      }
    },
    replace: async (member, given = {}) => await scene.run('etcd-replace', paramsOf(member, given)),
    voters,
    expectWhole: async (run, names) => {
      expectEqualData(run);
      expect(await voters()).toEqual(names);
      expect(writer.acknowledged.size).toBeGreaterThan(50);
      expect(await writer.lost()).toEqual([]);
    },
    async stop() {
      await writer.stop();
      await book.close();
      await scene.close();
      await platform.stop();
      await removeDirectory(directory);
    },
  };
}

/** Expects that a run succeeded, found the whole ring well and with the same data, and put back what it changed only for its time. */
function expectEqualData(run: RunState): void {
  expect(run.ended, blocksOf(run)).toMatchObject({ outcome: 'succeeded' });
  const { healthy, summary } = reportOf(run);
  expect(summary).toMatch(/All have the same data at revision \d+\./);
  expect(healthy, summary).toBe(true);
  expect(run.cleanups.filter(({ status }) => status !== 'done')).toEqual([]);
}

function paramsOf(name: string, { peerUrl = null, overHealthy = false }: ReplaceOrder = {}) {
  return { target: { kind: 'member', name }, backup: null, overHealthy, peerUrl, ...BY };
}

/** The report that the last step of a run has made. */
function reportOf(run: RunState): StateReport {
  expect(run.ended, JSON.stringify(run.ended)).toMatchObject({ outcome: 'succeeded' });
  return StateReport.parse(Object(run.steps.at(-1)?.output).report);
}

/** Expects that a plan is not blocked. Answers its case. */
export function caseOf(run: RunState): string {
  expect(run.ended, blocksOf(run)).toMatchObject({ outcome: 'planned' });
  return Facts.parse(run.plan?.facts).case;
}

/** Ids of the checks that blocked a plan. */
export function blockedBy({ plan }: RunState): readonly string[] {
  return (plan?.checks ?? []).flatMap(({ id, verdict }) => (verdict === 'block' ? [id] : []));
}

/** How a run ended, and what the checks said that blocked it. */
function blocksOf({ ended, plan }: RunState): string {
  const blocks = (plan?.checks ?? []).filter(({ verdict }) => verdict === 'block');
  return JSON.stringify([ended, ...blocks.map(({ id, evidence }) => `${id}: ${evidence}`)], null, 1);
}

/** Who is not well. A disk that is slow because the machine of the tests is busy is no fault of anybody. */
function unwell(report: StateReport): readonly string[] {
  const conditions = Object.entries(conditionsIn(report));
  return conditions.flatMap(([name, is]) => (is === 'healthy' || is === 'disk slow' ? [] : [`${name}: ${is}`]));
}

async function votersOf(platform: PlaygroundPlatform): Promise<readonly string[]> {
  const running = platform.members().filter((each) => each.pid() !== undefined);
  const endpoints = running.map(({ clientUrl }) => clientUrl);
  const listed = await throughAny(endpoints, platform.tls, (ring) => ring.list());
  return listed.map(({ name, isLearner }) => (isLearner ? `${name} learner` : name)).toSorted();
}
