import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import type { KubernetesResult } from '../../../src/core/ports/kubernetes.ts';
import { kubeconfigText, POLL, replyOf, startScene } from '../../support/scripted-api.ts';

const CALL = { timeoutMs: 10_000 };
const POD = { namespace: 'kube-system', name: 'etcd-cp-1' };

let scene: Awaited<ReturnType<typeof startScene>>;
beforeEach(async () => {
  scene = await startScene();
});
afterEach(() => scene.end());

function codeOf(result: KubernetesResult<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

function send(socket: WebSocket, channel: number, text: string | Uint8Array): void {
  socket.send(Buffer.concat([Buffer.of(channel), Buffer.from(text)]));
}

function end(socket: WebSocket, status: object): void {
  send(socket, 3, JSON.stringify({ metadata: {}, ...status }));
  socket.close(1000);
}

const EXIT_2 = {
  status: 'Failure',
  message: 'command terminated with non-zero exit code',
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message: '2' }] },
};

test('arguments go as they are; output, errors and exit code come apart', async () => {
  scene.api.upgrade((socket) => {
    send(socket, 1, 'out ');
    send(socket, 2, 'err');
    send(socket, 1, 'put');
    end(socket, EXIT_2);
  });
  const argv = ['etcdctl', '--key=/a b', "it's", '$HOME', ''];
  const result = await scene.port.exec(POD, argv, { ...CALL, container: 'etcd' });
  const query = new URL(scene.api.seen[0]?.path ?? '', 'http://x').searchParams;

  expect(
    result.ok && { ...result.value, stdout: String(result.value.stdout), stderr: String(result.value.stderr) },
  ).toEqual({
    exitCode: 2,
    stdout: 'out put',
    stderr: 'err',
  });
  expect(query.getAll('command')).toEqual(argv);
  expect(query.get('container')).toBe('etcd');
  expect(query.has('stdin')).toBe(false);
  expect(scene.api.seen[0]?.headers['sec-websocket-protocol']).toBe('v5.channel.k8s.io,v4.channel.k8s.io');
  expect(scene.used).toEqual(['get pods/exec', 'create pods/exec']);
});

test('success is exit code 0, and output that comes after the end is not lost', async () => {
  scene.api.upgrade((socket) => {
    send(socket, 3, JSON.stringify({ status: 'Success' }));
    setTimeout(() => {
      send(socket, 1, 'late');
      socket.close(1000);
    }, 30);
  });
  const result = await scene.port.exec(POD, ['true'], CALL);

  expect(result.ok && [result.value.exitCode, String(result.value.stdout)]).toEqual([0, 'late']);
});

test('input is sent whole, and its end is told', async () => {
  const input = Buffer.alloc(100_000, 'abc');
  const received: Buffer[] = [];
  scene.api.upgrade((socket) => {
    socket.on('message', (data: Buffer) => {
      if (data[0] === 0) received.push(data.subarray(1));
      if (data[0] === 255) {
        send(socket, 1, String(data[1]));
        end(socket, { status: 'Success' });
      }
    });
  });
  const result = await scene.port.exec(POD, ['cat'], { ...CALL, stdin: input });

  expect(result.ok && String(result.value.stdout)).toBe('0');
  expect(Buffer.concat(received).equals(input)).toBe(true);
  expect(scene.api.seen[0]?.headers['sec-websocket-protocol']).toBe('v5.channel.k8s.io');
  expect(scene.api.seen[0]?.path).toContain('stdin=true');
});

test.each([
  ['the connection breaks', (socket: WebSocket) => socket.terminate()],
  ['it is closed without an end (a pod deleted meanwhile)', (socket: WebSocket) => socket.close(1000)],
  ['the end cannot be read', (socket: WebSocket) => (send(socket, 3, 'no json'), socket.close(1000))],
  [
    'the runtime fails',
    (socket: WebSocket) =>
      end(socket, { status: 'Failure', reason: 'InternalError', message: 'rpc error: code = Unavailable' }),
  ],
])('%s after the start: the outcome is unknown', async (_name, act) => {
  scene.api.upgrade((socket) => {
    send(socket, 1, 'some');
    setTimeout(() => act(socket), 20);
  });

  expect(codeOf(await scene.port.exec(POD, ['etcdctl', 'defrag'], CALL))).toBe('unknown-outcome');
  expect(scene.api.seen).toHaveLength(1);
});

test('a program that hangs ends with its time, says so, and the connection is dropped', async () => {
  const closed: number[] = [];
  scene.api.upgrade((socket) => socket.on('close', (code) => closed.push(code)));
  const result = await scene.port.exec(POD, ['sleep', '1000'], { timeoutMs: 300 });

  expect(result).toMatchObject({ ok: false, error: { code: 'unknown-outcome' } });
  expect(result.ok ? '' : result.error.message).toMatch(
    /etcd-cp-1 .*no answer within 0\.3 s; the program may still be running/,
  );
  await expect.poll(() => closed, POLL).toHaveLength(1);
});

test('a program that is not there was not started', async () => {
  const message = 'OCI runtime exec failed: exec: "nope": executable file not found in $PATH';
  scene.api.upgrade((socket) => end(socket, { status: 'Failure', reason: 'InternalError', code: 500, message }));
  const result = await scene.port.exec(POD, ['nope'], CALL);

  expect(codeOf(result)).toBe('refused');
  expect(result.ok ? '' : result.error.message).toContain('nothing was started');
});

test.each([
  ['open /data/member/snap/db: no such file or directory', 'unknown-outcome'],
  ['write /dev/stdout: permission denied', 'unknown-outcome'],
  [
    'error executing command in container: failed to exec in container: OCI runtime exec failed: permission denied',
    'refused',
  ],
  ['exec: "etcdctl": executable file not found in $PATH: unknown', 'refused'],
  ['unable to upgrade connection: container not found ("etcd")', 'refused'],
])('an end without an exit code: %s is %s', async (message, code) => {
  scene.api.upgrade((socket) => end(socket, { status: 'Failure', reason: 'InternalError', code: 500, message }));

  expect(codeOf(await scene.port.exec(POD, ['etcdctl', 'defrag'], CALL))).toBe(code);
});

test('a server that agrees to a protocol that was not offered may have started the program', async () => {
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    const head = ['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: upgrade'];
    const more = [`sec-websocket-accept: ${accept}`, 'sec-websocket-protocol: v1.channel.k8s.io'];
    socket.on('error', () => undefined);
    socket.write(`${[...head, ...more].join('\r\n')}\r\n\r\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const at = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
  const kubeconfig = await scene.workspace.file('other', kubeconfigText({ server: at }, {}));
  const port = openKubernetes({ kubeconfig, environment: {} });
  try {
    const result = await port.exec(POD, ['etcdctl', 'defrag'], CALL);
    expect(codeOf(result)).toBe('unknown-outcome');
    expect(result.ok ? '' : result.error.message).toMatch(/may be running$/);
  } finally {
    await port.close();
    server.close();
  }
});

test('more output than is taken is too-large', async () => {
  scene.api.upgrade((socket) => {
    const timer = setInterval(() => send(socket, 1, Buffer.alloc(10_000)), 1);
    socket.on('close', () => clearInterval(timer));
  });

  expect(codeOf(await scene.port.exec(POD, ['yes'], { ...CALL, maxBytes: 50_000 }))).toBe('too-large');
});

test.each([
  ['02-08-not-found', 'not-found'],
  ['14-09-forbidden-subresource', 'forbidden'],
  ['03-08-list-continue-with-rv', 'invalid'],
  ['19-03-too-many-requests', 'throttled'],
  ['14-01-bad-token', 'unauthorized'],
])('a handshake that is refused (%s) means what it means elsewhere', async (name, code) => {
  scene.api.upgrade(null);
  scene.api.answer(() => replyOf(name));

  // Shorter than what a server asks to be left alone for.
  expect(codeOf(await scene.port.exec(POD, ['true'], { timeoutMs: 1400 }))).toBe(code);
});

test('another pod of the same name is not touched', async () => {
  scene.api.answer(() => replyOf('03-03-get'));
  const result = await scene.port.exec({ ...POD, uid: 'another' }, ['true'], CALL);

  expect(codeOf(result)).toBe('conflict');
  expect(scene.api.seen.map(({ path }) => path)).toEqual(['/api/v1/namespaces/kube-system/pods/etcd-cp-1']);
});

test('a long output waits for who reads it', async () => {
  const chunk = Buffer.alloc(64 << 10, 'x');
  let sent = 0;
  scene.api.upgrade((socket) => {
    function more(): void {
      if (sent >= 400) return end(socket, { status: 'Success' });
      sent += 1;
      socket.send(Buffer.concat([Buffer.of(1), chunk]), () => setImmediate(more));
    }
    more();
  });
  const gate = Promise.withResolvers<void>();
  let size = 0;
  const running = scene.port.execStream(POD, ['etcdctl', 'snapshot'], CALL, async (part) => {
    await gate.promise;
    size += part.length;
  });
  const held: number[] = [];
  await expect
    .poll(() => {
      held.push(sent);
      return held.length > 20 && held.at(-1) === held.at(-10);
    }, POLL)
    .toBe(true);
  expect(held.at(-1)).toBeLessThan(400);
  gate.resolve();
  const result = await running;

  expect(result.ok && result.value.exitCode).toBe(0);
  expect(size).toBe(400 * (64 << 10));
});

test('what the receiver of output throws is not swallowed', async () => {
  scene.api.upgrade((socket) => send(socket, 1, 'x'));

  await expect(
    scene.port.execStream(POD, ['x'], CALL, () => Promise.reject(new Error('the disk is full'))),
  ).rejects.toThrow('the disk is full');
});
