import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { type ApiScene, startApiScene } from '../../support/api-scene.ts';
import { kubeconfigText } from '../../support/scripted-api.ts';
import { CALL, codeOf, POLL, valueOf } from './cluster-under-test.ts';

// What only a server with a real etcd behind it can show: restarts, compaction.

const QUERY = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' };

let scene: ApiScene;
let port: KubernetesPort;
beforeEach(async () => {
  scene = await startApiScene();
  const { ca, cert, key } = scene.admin;
  const kubeconfig = join(scene.ring.directory, 'kubeconfig');
  const user = { 'client-certificate': cert, 'client-key': key };
  await writeFile(kubeconfig, kubeconfigText({ server: scene.server().url, 'certificate-authority': ca }, user));
  port = openKubernetes({
    kubeconfig,
    environment: {},
    watchTimes: { pauseMs: 20, longestPauseMs: 200, silenceMs: 2000 },
  });
});
afterEach(async () => {
  await port.close();
  await scene.stop();
});

async function put(name: string): Promise<void> {
  valueOf(await port.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name } }, CALL));
}

test('a watch outlives the API server and a compaction: it knows in the end what is there', async () => {
  await put('before');
  const stop = new AbortController();
  const known = new Set<string>();
  let restarts = 0;
  const ended = port.watch(QUERY, { signal: stop.signal }, (event) => {
    if (event.kind === 'restarted') {
      known.clear();
      restarts += 1;
    }
    if (!('object' in event)) return;
    if (event.kind === 'deleted') known.delete(event.object.metadata.name);
    else known.add(event.object.metadata.name);
  });
  await expect.poll(() => [...known], POLL).toContain('before');
  await scene.restart();
  await put('after-restart');
  await expect.poll(() => [...known], POLL).toContain('after-restart');
  await scene.compact();
  await scene.restart();
  await port.delete({ ...QUERY, name: 'before' }, { ...CALL, preconditions: {} });
  await put('after-compaction');

  await expect.poll(() => [...known].toSorted(), POLL).toEqual(['after-compaction', 'after-restart']);
  expect(restarts).toBeGreaterThan(0);
  stop.abort();
  expect(await ended).toEqual({ ok: true, value: null });
});

test('while the API server is away a call is unreachable; afterwards it works without more ado', async () => {
  await put('there');
  const restarting = scene.restart();
  const codes = new Set<string>();
  await expect
    .poll(async () => {
      const code = codeOf(await port.patchMerge({ ...QUERY, name: 'there' }, { data: { a: '1' } }, CALL));
      codes.add(code);
      return code;
    }, POLL)
    .toBe('ok');
  await restarting;

  expect([...codes].filter((code) => !['ok', 'unreachable', 'unknown-outcome'].includes(code))).toEqual([]);
  expect(codeOf(await port.get({ ...QUERY, name: 'there' }, CALL))).toBe('ok');
});
