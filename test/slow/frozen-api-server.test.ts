import { expect, test } from 'vitest';
import { startApiScene } from '../support/api-scene.ts';
import { recorded } from '../support/kubernetes-fixtures.ts';

test('a read ends after 60 s and a write after 34 s while etcd is frozen, as recorded in 20-07 and 20-08', async () => {
  const scene = await startApiScene();
  try {
    const [member] = scene.ring.members;
    member?.pause();
    const [read, write] = [recorded('20-07-frozen-get-default'), recorded('20-08-frozen-create-default')];
    const headers = { 'Content-Type': 'application/json' };
    const began = performance.now();
    const ends: Record<string, number> = {};
    async function ask(name: string, path: string, body: unknown): Promise<unknown> {
      const heard = await scene.ask(path, body === null ? {} : { method: 'POST', headers, body });
      ends[name] = Math.round((performance.now() - began) / 1000);
      return { status: heard.status, type: heard.headers['content-type'], body: heard.body };
    }
    const namespace = '/api/v1/namespaces/default/configmaps';
    const [got, wrote] = await Promise.all([
      ask('read', `${namespace}/a`, null),
      ask('write', namespace, write.request.body),
    ]);

    expect(got).toEqual({ status: 504, type: 'text/plain; charset=utf-8', body: read.response.body });
    expect(wrote).toEqual({ status: 504, type: 'application/json', body: write.response.body });
    expect(ends['write']).toBeLessThan(ends['read'] ?? 0);
  } finally {
    scene.ring.members[0]?.resume();
    await scene.stop();
  }
}, 120_000);
