import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type DirectEtcd, openDirectEtcd } from '../../../../src/adapters/etcd/direct.ts';
import type { EtcdMember } from '../../../../src/core/ports/etcd.ts';
import type { KubernetesError } from '../../../../src/core/ports/kubernetes.ts';

const CALL = { timeoutMs: 5000 };
const URL = 'https://10.0.0.11:2379';
const MEMBER: EtcdMember = { id: '7', name: 'cp-1', peerUrls: [], clientUrls: [URL], isLearner: false };
const REFUSED = 'port 2379 of pod etcd-cp-1: failed to connect to localhost:2379: connect: connection refused';

const open: { server: Server | null; etcd: DirectEtcd | null } = { server: null, etcd: null };
afterEach(async () => {
  await open.etcd?.close();
  await new Promise<void>((resolve) => void (open.server?.close(() => resolve()) ?? resolve()));
});

/** A way whose every connection fails like this; `null`: it is reset, and the way knows nothing. */
async function statusOver(message: string | null, answer: Omit<KubernetesError, 'message'> = { code: 'server-error' }) {
  let problem: KubernetesError | null = null;
  const server = createServer((socket: Socket) => {
    if (message !== null) problem = { ...answer, message };
    socket.resetAndDestroy();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  open.server = server;
  open.etcd = openDirectEtcd({ endpoints: [URL], localPortOf: () => port, localProblemOf: () => problem });
  return await open.etcd.newPort().status(MEMBER, CALL);
}

test('a pod that refuses connections is told as such, although its way only resets', async () => {
  expect(await statusOver(REFUSED)).toMatchObject({
    ok: false,
    error: { code: 'unreachable', refusesConnections: true, message: expect.stringContaining('refuses connections') },
  });
});

test.each([
  ['the node’s agent', 'connect 500: error dialing backend: dial tcp 10.0.0.11:10250: connect: connection refused'],
  ['the API server', 'GET https://10.0.0.1:6443: connect ECONNREFUSED: connection refused'],
  ['nobody knows', null],
])('a way that broke for another reason (%s) says nothing of etcd', async (_what, message) => {
  const answer = await statusOver(message);

  expect(answer).toMatchObject({ ok: false, error: { code: 'unreachable' } });
  expect(answer.ok ? null : answer.error.refusesConnections).toBeUndefined();
});

test.each([
  ['throttled', 429, 'unreachable', true],
  ['no-such-kind', 404, 'unreachable', true],
  ['forbidden', 403, 'access-refused', undefined],
] as const)('a way that the API server refuses (%s) is told as what it is', async (code, status, told, apiRefused) => {
  const answer = await statusOver('so it says', { code, status });

  expect(answer).toMatchObject({ ok: false, error: { code: told, message: expect.stringContaining('so it says') } });
  expect(answer.ok ? null : answer.error.apiRefused).toBe(apiRefused);
});
