import { execFile } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type ApiScene, startApiScene } from '../../../support/api-scene.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const Known = z.looseObject({ metadata: z.looseObject({ uid: z.string(), resourceVersion: z.string() }) });
const List = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }), items: z.array(Known) });

let scene: ApiScene;

beforeAll(async () => {
  scene = await startApiScene();
});
afterAll(async () => {
  await scene.stop();
});

async function etcdctl(...args: readonly string[]): Promise<void> {
  const { ca, cert, key } = scene.ring.tls;
  const access = ['--endpoints', scene.ring.endpoints.join(','), '--cacert', ca, '--cert', cert, '--key', key];
  await promisify(execFile)('etcdctl', [...access, ...args], { env: { ...process.env, ETCDCTL_API: '3' } });
}

async function make(name: string): Promise<z.infer<typeof Known>> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } };
  return Known.parse((await scene.ask(CONFIG_MAPS, { method: 'POST', body })).body);
}

async function revision(): Promise<number> {
  return Number(List.parse((await scene.ask(CONFIG_MAPS)).body).metadata.resourceVersion);
}

test("a snapshot that etcd's own program restored is what the API server serves: the objects of then, at their old revisions", async () => {
  const kept = await make('kept');
  const file = join(scene.ring.directory, 'snapshot.db');
  await etcdctl('snapshot', 'save', file);
  await scene.ask(`${CONFIG_MAPS}/kept`, { method: 'DELETE' });
  await make('later');
  // More than the API server itself writes when it starts on the restored database.
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await make(`later-${name}`);
  const before = await revision();

  const [member] = scene.ring.members;
  if (member === undefined) throw new Error('no member');
  const { name, peerUrl, dataDirectory } = member;
  await member.stop();
  await rename(dataDirectory, `${dataDirectory}.before`);
  const ring = [`--initial-cluster=${name}=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`];
  await etcdctl('snapshot', 'restore', file, `--data-dir=${dataDirectory}`, `--name=${name}`, ...ring);
  await member.start();
  await scene.ring.waitHealthy();
  await scene.restart();

  expect((await scene.ask(`${CONFIG_MAPS}/kept`)).body).toEqual(kept);
  expect((await scene.ask(`${CONFIG_MAPS}/later`)).status).toBe(404);
  // Revisions go back: whoever remembers a newer one is what a restore has to think of.
  expect(await revision()).toBeLessThan(before);
  const { status } = await scene.ask(
    `${CONFIG_MAPS}?resourceVersion=${before}&resourceVersionMatch=NotOlderThan&timeoutSeconds=1`,
  );
  expect(status).toBe(504);
});
