import { describe, expect, test } from 'vitest';
import { etcdReplace } from '../../../../jobs/etcd-replace/runbook.ts';
import { replaceVerifyStep } from '../../../../jobs/etcd-replace/verify.ts';
import { readRing } from '../../../../jobs/steps/read-ring.ts';
import { plannedRing } from '../../../../src/core/etcd/expected-ring.ts';
import type { EtcdPort } from '../../../../src/core/ports/etcd.ts';
import { StateReport } from '../../../../src/core/state-report.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../../../fakes/kubernetes.ts';
import { putNode } from '../../../support/diagnosis-scene.ts';
import { replaceScene } from '../../../support/replace-scene.ts';
import { createStepHarness, type HarnessEnd, type StepHarness } from '../../../support/step-harness.ts';

const AWAY = { ok: false, error: { code: 'unreachable', message: 'connection refused' } } as const;
/** Calls of one look: the others of it are refused likewise. */
const IN_A_LOOK = 2;

interface Scene {
  readonly harness: StepHarness;
  readonly kubernetes: FakeKubernetes;
  /** The next looks find nobody. */
  blind(looks: number): void;
  run(stillMs?: number): Promise<HarnessEnd>;
}

/** A ring of three that is as it should be, on nodes that are, and the last step of a replacement. */
function verifyScene(wrap: (port: EtcdPort) => Partial<EtcdPort> = () => ({})): Scene {
  const kubernetes = createFakeKubernetes();
  for (const name of ['cp-1', 'cp-2', 'cp-3']) putNode(kubernetes, name);
  let blindFor = 0;
  const harness = createStepHarness({
    kubernetes: kubernetes.port,
    wrap: (port) => ({
      ...port,
      ...wrap(port),
      members: async (options) => {
        if (blindFor === 0) return await port.members(options);
        blindFor -= 1;
        return AWAY;
      },
    }),
  });
  return {
    harness,
    kubernetes,
    blind: (looks) => void (blindFor = looks * IN_A_LOOK),
    async run(stillMs = 0) {
      const { signal } = new AbortController();
      const { ring } = await readRing({ etcd: harness.etcd.port, signal, quotaBytes: null });
      if (ring === null) throw new Error('no ring');
      const nodes = ['cp-1', 'cp-2', 'cp-3'];
      const step = replaceVerifyStep.plan({
        ring: plannedRing(ring),
        mayJoin: null,
        voters: 3,
        alsoDead: [],
        nodes,
        stillMs,
      });
      return await harness.run(etcdReplace, [step]);
    },
  };
}

function reportOf({ harness }: Scene): StateReport {
  return StateReport.parse(Object(harness.outputs.at(-1)).report);
}

describe('the same data at one revision', () => {
  test('a ring that is verified is healthy, and its report says what was compared', async () => {
    const scene = verifyScene();

    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expect(reportOf(scene).healthy).toBe(true);
    expect(reportOf(scene).summary).toMatch(/All have the same data at revision \d+\.$/);
  });

  test('what was never compared is not verified', async () => {
    const scene = verifyScene(() => ({ hash: async () => await Promise.resolve(AWAY) }));
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'not-verified' });
    expect(end.note).toMatch(/whether all have the same data is not known: .*connection refused.*`\/kube backup prod`/);
    expect(scene.harness.clock.nowMs()).toBeGreaterThanOrEqual(10 * 60_000);
  });

  test('what compares only after the next compaction is waited for', async () => {
    const began = { calls: 0 };
    const scene = verifyScene((port) => ({
      hash: async (member, revision, call) => {
        began.calls += 1;
        const answer = await port.hash(member, revision, call);
        return answer.ok && began.calls < 20 && member.name === 'm-2'
          ? { ok: true, value: { ...answer.value, compactRevision: 7n } }
          : answer;
      },
    }));

    expect(await scene.run()).toMatchObject({ kind: 'done' });
    expect(reportOf(scene).healthy).toBe(true);
  });

  test('members that differ are named with their hashes', async () => {
    const scene = verifyScene();
    scene.harness.etcd.member('m-2').damaged = true;
    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'data-differs-after' });
    expect(end.note).toMatch(/m-2: it has other data than m-1 and m-3 at revision \d+ \(hash \d+, theirs \d+\)/);
  });
});

describe('a look without an answer', () => {
  const STILL_MS = 60_000;

  test('speaks against nobody: the minute goes on', async () => {
    const scene = verifyScene();
    const pauses = { whole: 0 };
    expect(await scene.run(STILL_MS)).toMatchObject({ kind: 'done' });
    pauses.whole = scene.harness.clock.nowMs();

    const other = verifyScene();
    const blinded = { done: false };
    const { port } = other.harness.etcd;
    const status = port.status.bind(port);
    Object.assign(port, {
      status: async (...args: Parameters<typeof status>) => {
        if (!blinded.done && other.harness.clock.nowMs() > STILL_MS / 2) {
          blinded.done = true;
          other.blind(1);
        }
        return await status(...args);
      },
    });
    expect(await other.run(STILL_MS)).toMatchObject({ kind: 'done' });
    expect(blinded.done).toBe(true);
    expect(other.harness.clock.nowMs()).toBeLessThan(pauses.whole + STILL_MS / 2);
  });

  test('several minutes of them are waited for, and end nothing', async () => {
    const scene = verifyScene();
    const running = scene.run();
    scene.blind(60);

    expect(await running).toMatchObject({ kind: 'done' });
    expect(scene.harness.clock.nowMs()).toBeGreaterThan(5 * 60_000);
  });

  test('for too long, it is not verified', async () => {
    const scene = verifyScene();
    const running = scene.run();
    scene.blind(10_000);

    expect(await running).toMatchObject({ kind: 'stop', reason: 'not-verified' });
  });

  test('a node that cannot be read is not one that is not ready', async () => {
    const scene = verifyScene();
    scene.kubernetes.fail({ method: 'get', error: { code: 'unreachable', message: 'connection refused' } });

    expect(await scene.run(STILL_MS)).toMatchObject({ kind: 'done' });
    expect(scene.harness.words.join('\n')).toContain('could not be read: connection refused');
  });
});

test('a node that is not ready for long, is told as it is', async () => {
  const scene = verifyScene();
  putNode(scene.kubernetes, 'cp-3', { ready: 'False' });
  const end = await scene.run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'not-verified' });
  expect(end.note).toContain('node cp-3 is not ready');
});

test.each([
  { scheme: 'https', says: [expect.stringContaining('certificate')] },
  { scheme: 'http', says: [] },
])('a ring that speaks $scheme: what is said of the certificate of the new member', async ({ scheme, says }) => {
  const members = [1, 2, 3].map((at) => ({
    peerUrls: [`${scheme}://10.0.0.1${at}:2380`],
    clientUrls: [`${scheme}://10.0.0.1${at}:2379`],
  }));
  const scene = replaceScene({ members });
  scene.breakData('m-2');

  expect(await scene.run(await scene.plan())).toMatchObject({ kind: 'done' });
  const { notes } = StateReport.parse(Object(scene.harness.outputs.at(-1)).report);
  expect(notes.filter((each) => each.includes('certificate'))).toEqual(says);
});
