import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeKubeconfig } from '../../../playground/kubernetes/cluster/kubeconfig.ts';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import { createLeaseWitness } from '../../../src/adapters/kubernetes/witness/lease-witness.ts';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import type { WitnessNote } from '../../../src/core/witness.ts';
import { startApiScene } from '../../support/api-scene.ts';
import { silentLog } from '../../support/engine-harness.ts';

const NEVER = new AbortController().signal;
const NOTE: WitnessNote = {
  run: 'defrag-prod-aaaa',
  locks: ['cluster/prod/etcd'],
  epoch: 1,
  acts: 1,
  step: 0,
  item: 'history',
  action: 'compact',
  at: 'now',
  observed: false,
};

test('an etcd that is full takes no note; what it remembers is compared all the same', async () => {
  await using disposer = new AsyncDisposableStack();
  const scene = await startApiScene({ etcd: { quotaBytes: 16 * 1024 * 1024 } });
  disposer.defer(async () => await scene.stop());
  const kubeconfig = join(scene.ring.directory, 'kubeconfig');
  const { ca, cert, key } = scene.admin;
  await writeKubeconfig(kubeconfig, { name: 'prod', server: scene.server().url, ca, user: { cert, key } });
  const kubernetes = openKubernetes({ kubeconfig });
  disposer.defer(async () => await kubernetes.close());
  const witness = createLeaseWitness({ kubernetes, namespace: 'kube-system', clock: systemClock, log: silentLog });
  const other = { ...NOTE, run: 'defrag-other-bbbb' };
  const elsewhere = { ...other, locks: ['cluster/prod/nodegroup/a'] };
  expect(await witness.announce({ note: elsewhere, record: [elsewhere], known: unknown }, NEVER)).toEqual({
    kind: 'go',
  });
  await expect(fill(scene)).rejects.toThrow(/space/);

  const full = { note: NOTE, record: [NOTE], known: unknown };
  expect(await witness.announce(full, NEVER)).toEqual({
    kind: 'go',
    unnoted: expect.stringContaining('database space exceeded'),
  });
  const clash = { ...NOTE, locks: ['cluster/prod'] };
  expect(await witness.announce({ ...full, note: clash, record: [clash] }, NEVER)).toMatchObject({
    kind: 'contradiction',
    why: expect.stringContaining('defrag-other-bbbb'),
  });
}, 90_000);

async function unknown(): Promise<'unknown'> {
  return await Promise.resolve('unknown');
}

async function fill(scene: { put(key: string, value: Buffer): Promise<unknown> }): Promise<void> {
  for (let at = 0; at < 400; at += 1) await scene.put(`/brim/${at}`, Buffer.alloc(500 * 1024, 'x'));
}
