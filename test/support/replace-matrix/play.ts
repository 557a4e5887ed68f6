import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import type { Ports } from '../../../src/core/ports/ports.ts';
import type { TriggerPoint } from '../../../src/core/ports/runtime.ts';
import { RunEvent } from '../../../src/core/run-event.ts';
import { foldRun, openGate, type RunState } from '../../../src/core/run-state.ts';
import { DEFAULT_SETTINGS, type EngineDeps } from '../../../src/engine/deps.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { hasQuorum } from '../../fakes/etcd-state.ts';
import { createFakeRunStore, type FakeRunStore } from '../../fakes/run-store.ts';
import { createFakeWitness } from '../../fakes/witness.ts';
import { approver, operator, silentLog, testDigest, testPolicy } from '../engine-harness.ts';
import { flush } from '../fake-clock.ts';
import { type Life, mortalStore } from '../mortal-store.ts';
import { openAdmission } from '../open-admission.ts';
import type { MatrixScene } from './scene.ts';

/** Where a run is, whenever the engine reaches one of its points. */
export interface Boundary {
  readonly point: TriggerPoint;
  /** Index of the step, from 0; after the last one: how many there are. */
  readonly step: number;
  /** Its kind; empty: before the plan, or after the last step. */
  readonly kind: string;
  /** Announced call that was last, as `remove-member`; empty: none. */
  readonly action: string;
}

/** How a run is played. */
export interface PlayOptions {
  /** Whether the worker dies here. */
  readonly dies?: (at: Boundary) => boolean;
  /** Called at each point, before anybody dies there. */
  readonly on?: (at: Boundary) => void;
}

/** What came of it. */
export interface Played {
  readonly state: RunState;
  readonly deaths: number;
  /** Moments without quorum, as boundaries or calls. */
  readonly withoutQuorum: readonly string[];
  /** How often etcd was asked, and did it. */
  readonly changes: Readonly<Record<'removeMember' | 'addMember' | 'promote', number>>;
  /** Everything that was reached. */
  readonly reached: readonly Boundary[];
}

/** Short, so that a successor need not wait long. */
const SETTINGS = { ...DEFAULT_SETTINGS, leaseMs: 6000, leaseMarginMs: 1000, watchMs: 20_000, retryMs: 1000 };
const NEVER = async (): Promise<never> => await new Promise<never>(() => undefined);
const MAX_ROUNDS = 3000;
const MAX_IDLE = 4000;
/** A gate is looked at again after this, ms: it may have been answered. */
const LONGEST_MS = 15_000;

/** Asks for the replacement, answers each gate as it wants it, and has worker after worker work until the run has ended. */
export async function play(scene: MatrixScene, options: PlayOptions = {}): Promise<Played> {
  const stage = createStage(scene, options);
  const runId = await ask(stage);
  stage.runId = runId;
  const built = new Set<string>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const state = await stateOf(stage.store, runId);
    if (state.ended !== null) return stage.end(state);
    const gate = openGate(state);
    if (gate !== null && gate.spec.kind !== 'continue') await approve(stage, state);
    else if (gate !== null && !built.has(gate.spec.id)) {
      built.add(gate.spec.id);
      scene.person();
    }
    await work(stage);
  }
  const { events } = (await stage.store.read(runId)) ?? { events: [] };
  throw new Error(`the run does not end: ${JSON.stringify(events.at(-1))}`);
}

interface Stage {
  readonly scene: MatrixScene;
  readonly store: FakeRunStore;
  runId: string;
  readonly deps: (life: Life) => EngineDeps;
  readonly end: (state: RunState) => Played;
}

function createStage(scene: MatrixScene, { dies, on }: PlayOptions): Stage {
  const { clock, etcd, cluster, ports } = scene.harness;
  const store = createFakeRunStore(clock);
  const witness = createFakeWitness();
  const place = follow(store);
  const lost: string[] = [];
  const reached: Boundary[] = [];
  const changes = { removeMember: 0, addMember: 0, promote: 0 };
  let deaths = 0;
  let ids = 0;
  const look = (where: string): void => void (hasQuorum(etcd.ring) || lost.push(where));
  const stage: Stage = {
    scene,
    store,
    runId: '',
    deps: (life) => ({
      store: mortalStore(store, life),
      doorbell: { ring: async () => await Promise.resolve() },
      clock,
      ids: { suffix: () => (ids += 1).toString(36).padStart(4, '0') },
      log: silentLog,
      runbooks: [etcdReplace],
      admission: openAdmission(),
      policy: () => ({
        ...testPolicy(),
        rules: [{ clusters: ['prod'], commands: ['replace'], allow: ['operator'], approvals: null }],
      }),
      digest: testDigest,
      metrics: { runEnded: () => undefined, stepDone: () => undefined },
      settings: { ...SETTINGS, worker: `w${ids}` },
      cluster: () => cluster,
      ports: async () => await Promise.resolve(mortalPorts(ports, life, look, changes)),
      standing: async () => await Promise.resolve([]),
      witness: () => witness,
      triggers: {
        reach: async (point, runId) => {
          const at = place(point, runId);
          reached.push(at);
          look(wordsOf(at));
          on?.(at);
          if (dies?.(at) !== true) return;
          deaths += 1;
          life.dead = true;
          await NEVER();
        },
      },
    }),
    end: (state) => ({ state, deaths, withoutQuorum: lost, changes, reached }),
  };
  return stage;
}

/** A boundary in words. */
export function wordsOf({ point, step, kind, action }: Boundary): string {
  return `${point} at step ${step} (${kind}) after ${action}`;
}

/** Where the run is, by what is written down of it. */
function follow(store: FakeRunStore): (point: TriggerPoint, runId: string) => Boundary {
  let read = 0;
  let kinds: readonly string[] = [];
  let step = 0;
  let action = '';
  return (point, runId) => {
    const events = store.memory.runs.get(runId)?.events ?? [];
    for (const text of events.slice(read)) {
      const event = RunEvent.parse(JSON.parse(text));
      if (event.type === 'planned') kinds = event.plan.steps.map(({ kind }) => kind);
      if (event.type === 'step-done') step += 1;
      if (event.type === 'intent') action = `${event.action} ${event.item}`;
    }
    read = events.length;
    return { point, step, kind: kinds[step] ?? '', action };
  };
}

/** Ports of one process: after its death nothing of it is done or answered. */
function mortalPorts(
  ports: Ports,
  life: Life,
  look: (where: string) => void,
  changes: Record<'removeMember' | 'addMember' | 'promote', number>,
): Ports {
  const { etcd } = ports;
  const change = async <T extends { readonly ok: boolean }>(
    what: keyof typeof changes,
    call: () => Promise<T>,
  ): Promise<T> => {
    if (life.dead) await NEVER();
    const answer = await call();
    if (answer.ok) changes[what] += 1;
    look(what);
    return answer;
  };
  return {
    ...ports,
    etcd: {
      ...etcd,
      removeMember: async (...args) => await change('removeMember', async () => await etcd.removeMember(...args)),
      addMember: async (...args) => await change('addMember', async () => await etcd.addMember(...args)),
      promote: async (...args) => await change('promote', async () => await etcd.promote(...args)),
    },
  };
}

/** Plans are made as people ask for them. */
async function ask({ scene, deps }: Stage): Promise<string> {
  const result = await createDesk(deps({ dead: false })).request({
    actor: operator,
    order: {
      runbook: etcdReplace.id,
      cluster: 'prod',
      params: scene.params,
      dryRun: false,
      waitForLock: false,
    },
    command: 'replace',
    policyVerb: 'replace',
    origin: { channel: 'C0', threadTs: null },
    text: '/kube replace prod',
    idempotencyKey: 'replace',
  });
  if (result.kind === 'refused') throw new Error(`${result.reason}: ${result.why}`);
  return result.runId;
}

/** What has to be typed is typed, the first choice is chosen. */
async function approve({ deps, runId }: Stage, state: RunState): Promise<void> {
  const gate = openGate(state);
  if (gate === null) throw new Error('no gate is open');
  const { id, expect, choices } = gate.spec;
  const vote = await createDesk(deps({ dead: false })).vote({
    runId,
    gate: id,
    hash: gate.hash,
    actor: approver,
    verdict: 'approve',
    note: expect ?? choices[0] ?? null,
    idempotencyKey: null,
  });
  if (!vote.ok) throw new Error(`${id}: ${vote.reason}`);
}

/** One worker, until it has nothing to do for now, or died; then time goes on until it is worth another look. */
async function work({ scene, deps, store, runId }: Stage): Promise<void> {
  const { clock } = scene.harness;
  const life: Life = { dead: false };
  const turn = { over: false };
  const working = createEngine(deps(life)).advance(runId, new AbortController().signal);
  void (async () => {
    await Promise.allSettled([working]);
    turn.over = true;
  })();
  for (let idle = 0; !turn.over && !life.dead; ) {
    await flush();
    if (turn.over || life.dead) break;
    idle = (await clock.advanceToNext()) ? 0 : idle + 1;
    if (idle > MAX_IDLE) throw new Error('the worker neither ends nor waits for time');
  }
  const dueMs = store.memory.due.get(runId) ?? 0;
  await clock.advance(Math.min(Math.max(0, dueMs - clock.nowMs()) + 1, LONGEST_MS));
}

async function stateOf(store: FakeRunStore, runId: string): Promise<RunState> {
  const record = await store.read(runId);
  if (record === null) throw new Error('no run');
  return foldRun(record);
}
