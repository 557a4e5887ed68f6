import { expect, test } from 'vitest';
import { readNode } from '../../../src/core/kubernetes/node.ts';
import { createScriptedScene, driveScript } from '../../support/scripted-runbook.ts';

const CANARY = 'C4n4ry0123456789';
const SAID = `cannot reach https://drydock:${CANARY}@proxy:3128 with token=${CANARY}`;
const TOLD = 'cannot reach https://[redacted]@proxy:3128 with token=[redacted]';

/** Everything that the store has of a scene, as text. */
async function stored(scene: ReturnType<typeof createScriptedScene>, runId: string): Promise<string> {
  return JSON.stringify([await scene.store.read(runId), await scene.store.auditEntries(0, 100)]);
}

test('what a step throws is stored without the secrets in it', async () => {
  const scene = createScriptedScene({
    run: () => {
      throw new Error(SAID);
    },
  });

  const { id, ended } = await driveScript(scene);

  expect(ended).toMatchObject({ reason: 'step-failed', note: TOLD });
  expect(await stored(scene, id)).not.toContain(CANARY);
});

test('what planning throws is stored without the secrets in it', async () => {
  const scene = createScriptedScene({
    onPlan: () => {
      throw new Error(SAID);
    },
  });

  const { id, ended } = await driveScript(scene);

  expect(ended).toMatchObject({ reason: 'plan-failed', note: TOLD });
  expect(await stored(scene, id)).not.toContain(CANARY);
});

test('what a kubelet says of its node is read without the secrets in it', () => {
  const conditions = [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: SAID }];
  const metadata = { name: 'n-1', uid: 'u', resourceVersion: '1' };

  expect(readNode({ apiVersion: 'v1', kind: 'Node', metadata, status: { conditions } }).why).toBe(TOLD);
});
