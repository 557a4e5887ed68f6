import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { throughAny } from '../../playground/etcd-membership.ts';
import { ringOfCluster } from '../../playground/ring-of-cluster.ts';
import { type CapiReal, startCapiReal } from '../support/capi-real.ts';
import { type RingWriter, startRingWriter, WRITER_PREFIX } from '../support/ring-writer.ts';

/** The whole of a replacement by Cluster API: real etcd, two clusters, gates, while somebody writes all the time. */
let scene: CapiReal;
let writer: RingWriter;

beforeAll(async () => {
  scene = await startCapiReal();
  writer = startRingWriter(ringOfCluster(scene.capi.workload));
}, 120_000);

afterAll(async () => {
  await writer.stop();
  await scene.stop();
});

async function voters(): Promise<readonly string[]> {
  const { etcd } = scene.capi.workload;
  const listed = await throughAny(etcd.endpoints, etcd.tls, (ring) => ring.list());
  return listed.map(({ name, isLearner }) => (isLearner ? `${name} learner` : name)).toSorted();
}

/** Keys of the writer that this member has itself. */
function keysOf(node: string): ReadonlySet<string> {
  const { programs, tls } = scene.capi.workload.etcd;
  const files = [`--cacert=${tls.ca}`, `--cert=${tls.cert}`, `--key=${tls.key}`];
  const where = `--endpoints=${scene.capi.workload.node(node).clientUrl}`;
  const asked = [where, ...files, 'get', '--prefix', '--keys-only', '--consistency=s', WRITER_PREFIX];
  const env = { PATH: process.env['PATH'], ETCDCTL_API: '3' };
  const output = execFileSync(programs.programs['etcdctl'] ?? 'etcdctl', asked, {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    env,
  });
  return new Set(output.split('\n').filter((line) => line !== ''));
}

test('a machine that is off is replaced by its control plane, with the shipped rights and nothing behind its back; no write is lost', async () => {
  await scene.capi.workload.node('cp-2').powerOff();
  await scene.sees('cp-2');

  const run = await scene.replace('cp-2');

  expect(run.ended, JSON.stringify(run.ended)).toMatchObject({ outcome: 'succeeded' });
  expect(await voters()).toEqual(['cp-1', 'cp-3', 'cp-4']);
  expect(run.acts.map(({ action, observed }) => `${action} ${observed?.result}`)).toEqual(['remediate done']);
  expect(run.cleanups.map(({ id, status }) => `${id} ${status}`)).toContain('withdraw done');
  expect(scene.refused).toEqual([]);
  const acknowledged = [...writer.acknowledged];
  expect(acknowledged.length).toBeGreaterThan(50);
  for (const node of ['cp-1', 'cp-3', 'cp-4']) {
    const has = keysOf(node);
    expect(acknowledged.filter((key) => !has.has(key))).toEqual([]);
  }
}, 400_000);
