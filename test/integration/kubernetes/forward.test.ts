import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import type { Forward } from '../../../src/core/ports/kubernetes.ts';
import { POLL, replyOf, startScene } from '../../support/scripted-api.ts';

const CALL = { timeoutMs: 10_000 };
const POD = { namespace: 'kube-system', name: 'etcd-cp-1' };
const PORT_BYTES = Buffer.of(2379 & 255, 2379 >> 8);

let scene: Awaited<ReturnType<typeof startScene>>;
let opened: WebSocket[];
beforeEach(async () => {
  scene = await startScene();
  opened = [];
});
afterEach(() => scene.end());

/** A pod that answers every message with `act`. */
function serve(act: (socket: WebSocket, data: Buffer) => void): void {
  scene.api.upgrade((socket) => {
    opened.push(socket);
    socket.send(Buffer.concat([Buffer.of(0), PORT_BYTES]));
    socket.send(Buffer.concat([Buffer.of(1), PORT_BYTES]));
    socket.on('message', (data: Buffer) => act(socket, data.subarray(1)));
  });
}

function echo(socket: WebSocket, data: Buffer): void {
  socket.send(Buffer.concat([Buffer.of(0), data]));
}

async function open(): Promise<Forward> {
  const result = await scene.port.forward(POD, 2379, CALL);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

async function dial(forward: Forward): Promise<Socket> {
  const socket = connect({ port: forward.localPort, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

function closed(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (socket.destroyed) resolve();
  socket.once('close', () => resolve());
  return promise;
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const stream: AsyncIterable<Uint8Array> = socket;
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('bytes go to the pod and back, each connection by a way of its own; the first uses the one that was opened to see', async () => {
  serve(echo);
  const forward = await open();
  const [one, two] = [await dial(forward), await dial(forward)];
  one.write('first');
  two.write('second');

  expect(String((await once(one, 'data'))[0])).toBe('first');
  expect(String((await once(two, 'data'))[0])).toBe('second');
  expect(scene.api.seen.map(({ path }) => path)).toEqual(
    Array.from({ length: 2 }, () => '/api/v1/namespaces/kube-system/pods/etcd-cp-1/portforward?ports=2379'),
  );
  expect(scene.used.slice(0, 2)).toEqual(['get pods/portforward', 'create pods/portforward']);
  await forward.close();
});

test('ten megabytes arrive whole and in order, and a slow reader holds up the sender', async () => {
  serve(echo);
  const forward = await open();
  const socket = await dial(forward);
  const data = Buffer.from(Uint32Array.from({ length: 2_621_440 }, (_, index) => index).buffer);
  const reading: Uint8Array[] = [];
  let size = 0;
  const done = Promise.withResolvers<void>();
  socket.pause();
  socket.write(data);
  setTimeout(() => socket.resume(), 50);
  socket.on('data', (chunk: Buffer) => {
    reading.push(chunk);
    size += chunk.length;
    if (size === data.length) done.resolve();
  });
  await done.promise;

  expect(Buffer.concat(reading).equals(data)).toBe(true);
  await forward.close();
});

test('who has said its last word still gets the answer', async () => {
  serve((socket) => {
    setTimeout(() => {
      socket.send(Buffer.concat([Buffer.of(0), Buffer.from('the answer')]));
      socket.close(1000);
    }, 30);
  });
  const forward = await open();
  const socket = await dial(forward);
  socket.end('the question');

  expect(String(await readAll(socket))).toBe('the answer');
  await forward.close();
});

test('an end that the pod makes ends the connection here, not the forward', async () => {
  serve((socket, data) => {
    echo(socket, data);
    socket.close(1000);
  });
  const forward = await open();
  for (const text of ['a', 'b']) {
    const socket = await dial(forward);
    socket.write(text);
    expect(String(await readAll(socket))).toBe(text);
    socket.destroy();
  }
  await forward.close();
});

test('a connection that breaks on the way is reset here, and the forward says why the next one fails', async () => {
  serve((socket) => socket.terminate());
  const forward = await open();
  const first = await dial(forward);
  first.write('x');
  await closed(first);
  expect(forward.lastProblem?.() ?? null).toBeNull();
  scene.api.upgrade(null);
  scene.api.answer(() => replyOf('02-08-not-found'));
  const second = await dial(forward);
  await closed(second);

  expect(forward.lastProblem?.()?.code).toBe('not-found');
  await forward.close();
});

test('what the pod reports as an error resets the connection', async () => {
  serve((socket) =>
    socket.send(Buffer.concat([Buffer.of(1), Buffer.from('dial tcp4 127.0.0.1:2379: connection refused')])),
  );
  const forward = await open();
  const socket = await dial(forward);
  socket.write('x');
  await closed(socket);

  expect(forward.lastProblem?.()?.message).toContain(
    'port 2379 of pod etcd-cp-1: dial tcp4 127.0.0.1:2379: connection refused',
  );
  await forward.close();
});

test('close ends the listener and every connection; so does closing the port', async () => {
  serve(echo);
  const forward = await open();
  const socket = await dial(forward);
  socket.write('x');
  await once(socket, 'data');
  await forward.close();
  await closed(socket);
  await expect(dial(forward)).rejects.toThrow('ECONNREFUSED');
  await expect.poll(() => opened.map((each) => each.readyState), POLL).toEqual([3]);

  const another = await open();
  await scene.port.close();
  await expect
    .poll(
      () =>
        dial(another).then(
          () => 'open',
          () => 'closed',
        ),
      POLL,
    )
    .toBe('closed');
});

test.each([
  ['14-09-forbidden-subresource', 'forbidden'],
  ['02-08-not-found', 'not-found'],
])('a way that cannot be opened (%s) is told at once', async (name, code) => {
  scene.api.upgrade(null);
  scene.api.answer(() => replyOf(name));
  const result = await scene.port.forward(POD, 2379, CALL);

  expect(result.ok ? 'ok' : result.error.code).toBe(code);
});
