import type { Actor } from '../../src/core/actor.ts';
import type { ClusterProfile } from '../../src/core/cluster-profile.ts';
import type { RequestDesk } from '../../src/core/desk.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Ports } from '../../src/core/ports/ports.ts';
import type { Triggers } from '../../src/core/ports/runtime.ts';
import { openGate, type RunState } from '../../src/core/run-state.ts';
import type { AnyRunbook } from '../../src/core/runbook.ts';
import type { EngineDeps } from '../../src/engine/deps.ts';
import { createDesk } from '../../src/engine/desk.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { createFakeControlStore } from '../fakes/control-store.ts';
import type { FakeRunStore } from '../fakes/run-store.ts';
import { approver, type Harness, operator, testPolicy } from './engine-harness.ts';
import type { FakeClock } from './fake-clock.ts';
import { harnessInMemory } from './harness-in-memory.ts';
import { NO_PORTS } from './no-ports.ts';
import { openAdmission } from './open-admission.ts';

/** What is asked for, and the cluster that it works on. */
export interface RunAsk {
  readonly runbook: AnyRunbook;
  readonly params: JsonObject;
  /** Default: the id of the runbook. The operator may give it on `prod`. */
  readonly command?: string;
  /** Default: the command. */
  readonly policyVerb?: string;
  /** The clock of the cluster. */
  readonly clock: FakeClock;
  readonly cluster: ClusterProfile;
  /** Beside these there are none. */
  readonly ports: Pick<Ports, 'etcd' | 'kubernetes'> & Partial<Ports>;
  /** Default: nothing happens there. */
  readonly triggers?: Triggers;
}

/** A run of a runbook that the operator asked for, in the engine over the fake store. */
export interface RunScene {
  readonly harness: Harness;
  readonly deps: EngineDeps;
  readonly store: FakeRunStore;
  readonly runId: string;
  readonly state: () => Promise<RunState>;
  /** Wakes the run, each time by another worker, until it ends or `until` says so. Default: until it waits for people. */
  readonly drive: (until?: (state: RunState) => boolean) => Promise<RunState>;
  /** Answers the open gate. Default: an approver says yes. */
  readonly answer: (note: string | null, vote?: Partial<Answer>) => ReturnType<RequestDesk['vote']>;
}

interface Answer {
  readonly verdict: 'approve' | 'reject';
  readonly actor: Actor;
}

/** Asks for a run of `prod`; fails the test when it is refused. */
export async function runScene(ask: RunAsk): Promise<RunScene> {
  const { runbook, params, command = runbook.id, policyVerb = command, clock } = ask;
  const { harness, store } = harnessInMemory({ runbooks: [runbook], clock });
  const rules = [{ clusters: ['prod'], commands: [command], allow: ['operator'], approvals: null }];
  harness.policy = { ...testPolicy(), rules };
  harness.admission = { ...openAdmission(), control: createFakeControlStore(store.memory) };
  const deps = depsOf(harness, ask);
  const result = await createDesk(deps).request({
    actor: operator,
    order: { runbook: runbook.id, cluster: 'prod', params, dryRun: false, waitForLock: false },
    command,
    policyVerb,
    origin: { channel: 'C0', threadTs: null },
    text: `/kube ${policyVerb} prod`,
    idempotencyKey: command,
  });
  if (result.kind === 'refused') throw new Error(result.why);
  const { runId } = result;
  return {
    harness,
    deps,
    store,
    runId,
    state: async () => await harness.state(runId),
    drive: async (until = (state) => openGate(state) !== null) => await drive({ harness, deps, runId }, until),
    answer: async (note, { verdict = 'approve', actor = approver } = {}) => {
      const gate = openGate(await harness.state(runId));
      const { spec, hash } = gate ?? { spec: { id: '' }, hash: '' };
      const vote = { runId, gate: spec.id, hash, actor, verdict, note, idempotencyKey: null };
      return await createDesk(deps).vote(vote);
    },
  };
}

function depsOf(harness: Harness, { cluster, ports, triggers }: RunAsk): EngineDeps {
  const given = harness.deps('w');
  return {
    ...given,
    cluster: () => ({ ...cluster, name: 'prod' }),
    ports: async () => await Promise.resolve({ ...NO_PORTS, ...ports }),
    triggers: triggers ?? given.triggers,
  };
}

async function drive(
  { harness, deps, runId }: Pick<RunScene, 'harness' | 'deps' | 'runId'>,
  until: (state: RunState) => boolean,
): Promise<RunState> {
  for (let round = 0; round < 400; round += 1) {
    const state = await harness.state(runId);
    if (state.ended !== null || until(state)) return state;
    if ((await harness.store.due(harness.clock.nowMs(), 10, 5000)).includes(runId)) {
      const engine = createEngine({ ...deps, settings: { ...deps.settings, worker: `w${round}` } });
      await harness.through(engine.advance(runId, new AbortController().signal));
    } else await harness.clock.advance(1000);
  }
  return await harness.state(runId);
}

/** Freezes `prod`, which has not been frozen before. */
export async function freezeProd({ admission, clock }: Harness, by: Actor = approver): Promise<void> {
  const at = clock.nowIso();
  const value = { cluster: 'prod', by, at, until: null, untilWords: '', reason: 'holiday', request: 'k' };
  await admission.control.write({ kind: 'freeze', key: 'prod', seen: null, value, audit: [] });
}
