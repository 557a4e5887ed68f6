import { join } from 'node:path';
import { expect, test } from 'vitest';
import { etcdDefrag } from '../../../jobs/etcd-defrag/runbook.ts';
import { makeRingCertificates } from '../../../playground/certificates.ts';
import { makeTemporaryDirectory, removeDirectory } from '../../../playground/directories.ts';
import { type EtcdMember, startMember } from '../../../playground/etcd-member.ts';
import { freePorts } from '../../../playground/ports.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import { type ClusterPorts, createClusterPorts } from '../../../src/app/cluster-ports.ts';
import { buildConfig } from '../../../src/config/build.ts';
import { ConfigFile } from '../../../src/config/schema.ts';
import { BINARY_3_5 } from '../../contract/etcd/real-ring.ts';
import { CALL, codeOf, ok } from '../../contract/etcd/ring-under-test.ts';
import { BY_RULE } from '../../support/defrag-scene.ts';
import { silentLog } from '../../support/engine-harness.ts';
import { createRealClock } from '../../support/real-clock.ts';
import { createStepHarness, type StepHarness } from '../../support/step-harness.ts';

/** One address where one ring after the other lives, and a worker's access to it. */
interface Place {
  readonly ports: ClusterPorts;
  /** Starts a ring of one member with no data; each time it is another ring. */
  create(): Promise<EtcdMember>;
}

async function openPlace(disposer: AsyncDisposableStack): Promise<Place> {
  const directory = await makeTemporaryDirectory('recreated');
  disposer.defer(async () => await removeDirectory(directory));
  const certificates = await makeRingCertificates(directory);
  const [clientPort, peerPort] = await freePorts(2);
  const at = { clientUrl: `https://127.0.0.1:${clientPort}`, peerUrl: `https://127.0.0.1:${peerPort}` };
  const etcd = { access: 'direct', endpoints: [at.clientUrl], tls: certificates.client };
  const clusters = { prod: { platform: 'etcd', etcd, channels: { ops: 'C0OPS' } } };
  const ports = createClusterPorts(
    buildConfig(join(directory, 'drydock.yaml'), ConfigFile.parse({ version: 1, clusters })),
    { clock: systemClock, log: silentLog },
  );
  disposer.defer(async () => await ports.close());
  let created = 0;
  async function create(): Promise<EtcdMember> {
    created += 1;
    const member = await startMember(
      { name: 'm-1', ...at, dataDirectory: join(directory, `data-${created}`) },
      {
        binary: BINARY_3_5,
        directory,
        certificates,
        quotaBytes: 64 * 1024 ** 2,
        token: `ring-${created}`,
        initialCluster: `m-1=${at.peerUrl}`,
        args: [],
      },
    );
    disposer.defer(async () => await member.kill());
    await waitFor('the ring', async () => await member.healthy());
    return member;
  }
  return { ports, create };
}

/** What the engine does for every plan and every turn of a step: it asks for the cluster's ports. */
async function worker({ ports }: Place): Promise<StepHarness> {
  const { etcd } = await ports.of('prod', ['etcd']);
  return createStepHarness({ clock: createRealClock(), defrag: { sampleMs: 50, pauseMs: 0 }, wrap: () => etcd });
}

test('T27: a ring that was created anew at the same address is named as drift, and can be planned on', async () => {
  await using disposer = new AsyncDisposableStack();
  const place = await openPlace(disposer);
  const first = await place.create();
  const { etcd: old } = await place.ports.of('prod', ['etcd']);
  const was = ok(await old.members(CALL)).clusterId;
  const approved = await (await worker(place)).plan(etcdDefrag, { ...BY_RULE, all: true });
  expect(approved).toMatchObject({ identity: was, steps: [{ kind: 'etcd.defragment@1' }, {}] });

  await first.kill();
  await place.create();
  const { etcd: now } = await place.ports.of('prod', ['etcd']);
  const is = ok(await now.members(CALL)).clusterId;
  const end = await (await worker(place)).run(etcdDefrag, approved.steps);
  const again = await (await worker(place)).plan(etcdDefrag, { ...BY_RULE, all: true });

  expect(is).not.toBe(was);
  expect(end).toMatchObject({ kind: 'stop', reason: 'plan-drifted', note: `it is ring ${is}, not ${was}.` });
  expect(again).toMatchObject({ identity: is, steps: [{ kind: 'etcd.defragment@1' }, {}] });
  // Who began on the former ring keeps to it: nothing is sent to the new one in its name.
  expect(codeOf(await old.members(CALL))).toBe('wrong-member');
});
