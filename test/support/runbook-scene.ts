import { runbooks } from '../../jobs/index.ts';
import type { Attributes } from '../../src/adapters/kubernetes/attributes.ts';
import { randomIds } from '../../src/adapters/runtime/random-ids.ts';
import { systemClock } from '../../src/adapters/runtime/system-clock.ts';
import { createClusterPorts } from '../../src/app/cluster-ports.ts';
import { buildConfig } from '../../src/config/build.ts';
import { ConfigFile } from '../../src/config/schema.ts';
import { profilesOf } from '../../src/config/to-core.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubernetesPort } from '../../src/core/ports/kubernetes.ts';
import { foldRun, type GateState, openGate, type RunState } from '../../src/core/run-state.ts';
import { DEFAULT_SETTINGS, type EngineDeps } from '../../src/engine/deps.ts';
import { createDesk } from '../../src/engine/desk.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { createFakeRunStore } from '../fakes/run-store.ts';
import { approver, operator, silentLog, TEAM, testDigest } from './engine-harness.ts';
import { openAdmission } from './open-admission.ts';

/** The runbooks of this version on one cluster `prod`, with the access that a worker has and a store in memory. */
export interface RunbookScene {
  /** Asks for a run, approves what it asks for, and waits for its end. `dryRun`: it is planned and changes nothing. */
  run(runbook: string, params?: JsonObject, how?: { readonly dryRun: boolean }): Promise<RunState>;
  /** The API server as a run reaches it. @throws Error where there is none. */
  kubernetes(): Promise<KubernetesPort>;
  /** What was asked of the API server since the scene began, in its order. */
  readonly requests: readonly Attributes[];
  close(): Promise<void>;
}

const APPROVALS = { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 60_000 };
/** Longest time for one run, ms. */
const RUN_MS = 100_000;

/** Who answers gates; all optional. */
export interface ScenePeople {
  /** What is done outside at a gate that waits for it. The gate is then left to who looks whether it was done; absent: it is approved. */
  readonly workOutside?: () => Promise<void>;
  /** Longest time for one run, ms; default 100 s. */
  readonly withinMs?: number;
}

/** `cluster` is its entry in drydock.yaml, without `channels`. */
export function createRunbookScene(cluster: object, people: ScenePeople = {}): RunbookScene {
  const file = ConfigFile.parse({ version: 1, clusters: { prod: { ...cluster, channels: { ops: 'C0OPS' } } } });
  const config = buildConfig('/nowhere/drydock.yaml', file);
  const requests: Attributes[] = [];
  const onRequest = (what: Attributes): void => void requests.push(what);
  const access = createClusterPorts(config, { clock: systemClock, log: silentLog, onRequest });
  const profiles = profilesOf(config);
  const deps: EngineDeps = {
    store: createFakeRunStore(systemClock),
    doorbell: { ring: async () => await Promise.resolve() },
    clock: systemClock,
    ids: randomIds,
    log: silentLog,
    runbooks,
    admission: openAdmission(),
    policy: () => ({
      homeTeam: TEAM,
      roles: [
        { name: 'operator', users: [operator.user] },
        { name: 'approver', users: [approver.user] },
      ],
      rules: [{ clusters: ['prod'], commands: runbooks.map(({ id }) => id), allow: ['operator'], approvals: null }],
      defaultApprovals: APPROVALS,
    }),
    digest: testDigest,
    metrics: { runEnded: () => undefined, stepDone: () => undefined },
    triggers: { reach: async () => await Promise.resolve() },
    settings: { ...DEFAULT_SETTINGS, worker: 'scene' },
    cluster: (name) => profiles.find((profile) => profile.name === name) ?? null,
    ports: async (name, names) => await access.of(name, names),
    standing: async (name, changes, signal) => await access.standing(name, changes, signal),
    witness: (name) => access.witness(name),
  };
  return {
    requests,
    kubernetes: async () => (await access.of('prod', ['kubernetes'])).kubernetes,
    run: async (runbook, params = {}, { dryRun } = { dryRun: false }) =>
      await toItsEnd(deps, await asked(deps, { runbook, params, dryRun }), people),
    close: async () => await access.close(),
  };
}

interface Asked {
  readonly runbook: string;
  readonly params: JsonObject;
  readonly dryRun: boolean;
}

async function asked(deps: EngineDeps, { runbook, params, dryRun }: Asked): Promise<string> {
  const result = await createDesk(deps).request({
    actor: operator,
    order: { runbook, cluster: 'prod', params, dryRun, waitForLock: false },
    command: runbook,
    policyVerb: runbook,
    origin: { channel: 'C0OPS', threadTs: null },
    text: `/kube ${runbook} prod`,
    idempotencyKey: randomIds.suffix(),
  });
  if (result.kind === 'refused') throw new Error(`${runbook} was refused: ${result.why}`);
  return result.runId;
}

async function toItsEnd(
  deps: EngineDeps,
  runId: string,
  { workOutside, withinMs = RUN_MS }: ScenePeople,
): Promise<RunState> {
  const worked = new Set<string>();
  const engine = createEngine(deps);
  const signal = AbortSignal.timeout(withinMs);
  for (;;) {
    const record = await deps.store.read(runId);
    if (record === null) throw new Error(`there is no run ${runId}`);
    const state = foldRun(record);
    if (state.ended !== null) return state;
    if (signal.aborted) throw new Error(`run ${runId} does not end: ${JSON.stringify(record.events.at(-1))}`);
    const gate = openGate(state);
    if (gate === null || worked.has(gate.spec.id)) await turn(deps, engine, runId);
    else if (gate.spec.kind === 'continue' && workOutside !== undefined) {
      worked.add(gate.spec.id);
      await workOutside();
    } else await approve(deps, runId, gate);
  }
}

async function turn(deps: EngineDeps, engine: ReturnType<typeof createEngine>, runId: string): Promise<void> {
  const due = await deps.store.due(deps.clock.nowMs(), 100, 5000);
  if (due.includes(runId)) await engine.advance(runId, new AbortController().signal);
  else await deps.clock.sleep(20);
}

/** What has to be typed is typed, the first choice is chosen. */
async function approve(deps: EngineDeps, runId: string, { spec, hash }: GateState): Promise<void> {
  await createDesk(deps).vote({
    runId,
    gate: spec.id,
    hash,
    actor: approver,
    verdict: 'approve',
    note: spec.expect ?? spec.choices[0] ?? null,
    idempotencyKey: null,
  });
}
