import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubernetesPort, PodRef } from '../../../src/core/ports/kubernetes.ts';
import { CALL, codeOf, POLL, valueOf } from './cluster-under-test.ts';

/** A cluster with at least one kubelet. */
export interface PodsUnderTest {
  readonly port: KubernetesPort;
  /** A running pod whose container has a POSIX shell. */
  readonly shell: PodRef & { readonly uid: string; readonly container: string };
  /** A running pod that serves HTTP. */
  readonly web: PodRef & { readonly port: number; readonly path: string };
  /** A running pod that printed more than one line. */
  readonly talker: PodRef & { readonly container: string };
  /** Starts another pod as {@link shell}. */
  another(name: string): Promise<PodRef & { readonly uid: string; readonly container: string }>;
  stop(): Promise<void>;
}

/** A kind of cluster with kubelets. */
export interface PodTarget {
  readonly name: string;
  start(): Promise<PodsUnderTest>;
}

/** What goes through a kubelet: programs, logs, ports. */
export function podSuite(target: PodTarget): void {
  describe(`pods: ${target.name}`, () => {
    let pods: PodsUnderTest;
    let port: KubernetesPort;
    beforeAll(async () => {
      pods = await target.start();
      ({ port } = pods);
    }, 180_000);
    afterAll(() => pods.stop());

    function run(script: string, ...args: readonly string[]) {
      const { container } = pods.shell;
      return port.exec(pods.shell, ['sh', '-c', script, 'sh', ...args], { ...CALL, container });
    }

    test('arguments arrive as they are; output, errors and exit code come apart', async () => {
      const args = ['a b', "it's", '$HOME', '*', 'ü'];
      const outcome = valueOf(await run('printf "%s|" "$@"; printf oops >&2; exit 3', ...args));

      expect(String(outcome.stdout)).toBe(`${args.join('|')}|`);
      expect(String(outcome.stderr)).toBe('oops');
      expect(outcome.exitCode).toBe(3);
    });

    test('a success is 0 and silent', async () => {
      expect(valueOf(await run('exit 0'))).toMatchObject({
        exitCode: 0,
        stdout: Buffer.alloc(0),
        stderr: Buffer.alloc(0),
      });
    });

    test('input goes in whole, and its end is seen', async () => {
      const stdin = Buffer.alloc(300_000, 'input ');
      const { container } = pods.shell;
      const outcome = valueOf(await port.exec(pods.shell, ['cat'], { ...CALL, container, stdin }));

      expect(Buffer.from(outcome.stdout).equals(stdin)).toBe(true);
      expect(outcome.exitCode).toBe(0);
    });

    test('three megabytes come whole; more than is taken is too-large', async () => {
      const outcome = valueOf(await run('head -c 3000000 /dev/zero'));
      expect(outcome.stdout.length).toBe(3_000_000);
      const { container } = pods.shell;
      const most = { ...CALL, container, maxBytes: 1000 };
      expect(codeOf(await port.exec(pods.shell, ['head', '-c', '100000', '/dev/zero'], most))).toBe('too-large');
      let size = 0;
      const argv = ['sh', '-c', 'head -c 20000000 /dev/zero; echo done >&2'];
      const streamed = await port.execStream(pods.shell, argv, { ...CALL, container }, async (chunk) => {
        size += chunk.length;
      });
      expect(size).toBe(20_000_000);
      expect(String(valueOf(streamed).stderr)).toBe('done\n');
    });

    test('what cannot be started: a program, a container, a pod', async () => {
      const { container } = pods.shell;
      expect(codeOf(await port.exec(pods.shell, ['/no/such/program'], { ...CALL, container }))).toBe('refused');
      expect(['invalid', 'refused']).toContain(
        codeOf(await port.exec(pods.shell, ['true'], { ...CALL, container: 'none' })),
      );
      expect(codeOf(await port.exec({ ...pods.shell, name: 'no-such-pod' }, ['true'], CALL))).toBe('not-found');
      expect(codeOf(await port.exec({ ...pods.shell, uid: 'another' }, ['true'], CALL))).toBe('conflict');
    });

    test('a program that hangs ends the call in time', async () => {
      const { container } = pods.shell;
      const result = await port.exec(pods.shell, ['sleep', '60'], { timeoutMs: 1500, container });

      expect(codeOf(result)).toBe('unknown-outcome');
    });

    test('a pod that is deleted while a program runs: no success is reported', async () => {
      const pod = await pods.another('short-lived');
      const argv = ['sh', '-c', 'echo started; sleep 60'];
      let started = false;
      const running = port.execStream(pod, argv, { ...CALL, container: pod.container }, async () => {
        started = true;
      });
      await expect.poll(() => started, POLL).toBe(true);
      const ref = { apiVersion: 'v1', kind: 'Pod', namespace: pod.namespace, name: pod.name };
      await port.delete(ref, { ...CALL, preconditions: { uid: pod.uid }, gracePeriodSeconds: 0 });
      const result = await running;

      expect(result.ok ? result.value.exitCode : result.error.code).not.toBe(0);
      expect(['ok', 'unknown-outcome']).toContain(codeOf(result));
    });

    test('logs: all, the last lines, too many, of nobody', async () => {
      const { talker } = pods;
      const { container } = talker;
      const all = valueOf(await port.logs(talker, { ...CALL, container }));
      const last = valueOf(await port.logs(talker, { ...CALL, container, tailLines: 1 }));
      expect(all.split('\n').length).toBeGreaterThan(1);
      expect(last.trimEnd().split('\n')).toHaveLength(1);
      expect(codeOf(await port.logs(talker, { ...CALL, container, maxBytes: 3 }))).toBe('too-large');
      expect(codeOf(await port.logs({ ...talker, name: 'no-such-pod' }, CALL))).toBe('not-found');
    });

    test('a port of a pod answers here, several times and at once, until it is closed', async () => {
      const { web } = pods;
      const forward = valueOf(await port.forward(web, web.port, CALL));
      const answers = await Promise.all([1, 2, 3].map(() => ask(forward.localPort, web.path)));
      expect(answers.map((answer) => /^HTTP\/1\.\d \d{3} /.test(answer))).toEqual([true, true, true]);
      await forward.close();
      await expect(ask(forward.localPort, web.path)).rejects.toThrow('ECONNREFUSED');
    });
  });
}

/** What a kubelet says of a port that nothing listens on. */
export function closedPortSuite(target: PodTarget): void {
  describe(`closed ports: ${target.name}`, () => {
    let pods: PodsUnderTest;
    let port: KubernetesPort;
    beforeAll(async () => {
      pods = await target.start();
      ({ port } = pods);
    }, 180_000);
    afterAll(() => pods.stop());

    test('a port that nothing listens on: the connection ends, and the forward says why', async () => {
      const forward = valueOf(await port.forward(pods.web, 9, CALL));
      await ask(forward.localPort, '/').catch(() => '');
      await expect.poll(() => forward.lastProblem?.()?.message ?? '', POLL).toMatch(/port 9 .*refused/i);
      await forward.close();
    });
  });
}

async function ask(localPort: number, path: string): Promise<string> {
  const socket = connect({ port: localPort, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  socket.end(`GET ${path} HTTP/1.0\r\nHost: x\r\n\r\n`);
  const chunks: Uint8Array[] = [];
  const stream: AsyncIterable<Uint8Array> = socket;
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
