import { writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSshHosts, type SshSettings } from '../../../src/adapters/ssh/ssh-hosts.ts';
import type { HostCall, HostPort, HostResult } from '../../../src/core/ports/hosts.ts';
import type { ExecOutcome } from '../../../src/core/ports/kubernetes.ts';
import { startTcpProxy } from '../etcd/tcp-proxy.ts';

/** An ssh server whose user is root or is taken for it, with a POSIX shell. */
export interface ServerUnderTest {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Paths: a key that may log in, and one that may not. */
  readonly key: string;
  readonly strangeKey: string;
  /** The server's key, as in a file of known hosts: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** A directory for files of the suite. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** A kind of ssh server. */
export interface ServerTarget {
  readonly name: string;
  start(): Promise<ServerUnderTest>;
}

const CALL: HostCall = { timeoutMs: 20_000 };
const FACTS = { service: 'etcd.service', dataDirectory: '/var/lib/etcd', environmentFile: '/etc/default/etcd' };
/** A key that no server has. */
const OTHER_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f';

/** What every way to hosts by ssh must do. */
export function sshSuite(target: ServerTarget): void {
  describe(`ssh: ${target.name}`, () => {
    let server: ServerUnderTest;
    let hosts: HostPort;
    let files = 0;

    async function settings(changes: Partial<SshSettings> = {}, knownHosts?: string): Promise<SshSettings> {
      const { address, port, user, key, hostKey, directory } = server;
      files += 1;
      const path = join(directory, `known_hosts-${files}`);
      await writeFile(path, knownHosts ?? `[${address}]:${changes.port ?? port} ${hostKey}\n`);
      return { user, key, knownHosts: path, port, facts: FACTS, ...changes };
    }
    async function runWith(changes: Partial<SshSettings>, knownHosts?: string): Promise<HostResult<ExecOutcome>> {
      return await createSshHosts(await settings(changes, knownHosts)).run(server.address, ['true'], CALL);
    }
    function run(argv: readonly string[], call: Partial<HostCall> = {}): Promise<HostResult<ExecOutcome>> {
      return hosts.run(server.address, argv, { ...CALL, ...call });
    }

    beforeAll(async () => {
      server = await target.start();
      hosts = createSshHosts(await settings());
    });
    afterAll(() => server.stop());

    test('arguments arrive as they are, whatever a shell would make of them', async () => {
      const args = [
        'a b',
        "it's",
        '$HOME',
        '*',
        'ü',
        '',
        '-n',
        '~',
        '#x',
        'a\nb',
        '`id`',
        '$(id)',
        '\\',
        '"',
        ';',
        '!!',
      ];
      const outcome = valueOf(await run(['printf', '%s|', ...args]));

      expect(String(Buffer.from(outcome.stdout))).toBe(`${args.join('|')}|`);
    });

    test('output, errors and exit code come apart, in English', async () => {
      const outcome = valueOf(await run(['sh', '-c', 'printf "$LC_ALL"; printf oops >&2; exit 3']));

      expect(texts(outcome)).toEqual({ exitCode: 3, stdout: 'C', stderr: 'oops' });
    });

    test('a program that a signal ended has the exit code that a shell gives it', async () => {
      expect(valueOf(await run(['sh', '-c', 'kill -KILL $$'])).exitCode).toBe(137);
    });

    test('input goes in whole and its end is seen, also of none', async () => {
      const stdin = Buffer.alloc(300_000, 'input ');

      expect(Buffer.from(valueOf(await run(['cat'], { stdin })).stdout).equals(stdin)).toBe(true);
      expect(texts(valueOf(await run(['cat'])))).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    });

    test('three megabytes come whole; more than is taken is too-large', async () => {
      expect(valueOf(await run(['head', '-c', '3000000', '/dev/zero'])).stdout).toHaveLength(3_000_000);
      expect(await run(['head', '-c', '100000', '/dev/zero'], { maxBytes: 1000 })).toMatchObject({
        error: { code: 'too-large', message: expect.stringContaining('more than 1000 bytes') },
      });
    });

    test('a program that is not there was not run, and its name is told', async () => {
      expect(await run(['no-such-program', 'x'])).toMatchObject({
        error: { code: 'refused', message: expect.stringMatching(/no-such-program.*nothing was run/) },
      });
      expect(await run([])).toMatchObject({ error: { code: 'refused' } });
      expect(await run(['printf', 'a\0b'])).toMatchObject({ error: { code: 'refused' } });
    });

    test('a program that hangs ends the call in time, and may have done its work', async () => {
      expect(await run(['sleep', '30'], { timeoutMs: 1500 })).toMatchObject({
        error: { code: 'unknown-outcome', message: expect.stringContaining('may still be running') },
      });
    });

    test('the caller ends a call, before it begins and in the middle', async () => {
      const before = await run(['true'], { signal: AbortSignal.abort() });
      const controller = new AbortController();
      const running = run(['sh', '-c', 'sleep 30'], { signal: controller.signal });
      const timer = setTimeout(() => controller.abort(), 500);
      const during = await running;
      clearTimeout(timer);

      expect([before, during]).toMatchObject([{ error: { code: 'cancelled' } }, { error: { code: 'cancelled' } }]);
    });

    test('a connection that breaks while the program runs is no outcome', async () => {
      const url = `https://${server.address}:${server.port}`;
      const proxy = await startTcpProxy(url);
      const started = join(server.directory, 'started');
      try {
        const port = Number(new URL(proxy.url).port);
        const through = createSshHosts(await settings({ port }, `[127.0.0.1]:${port} ${server.hostKey}\n`));
        const running = through.run('127.0.0.1', ['sh', '-c', `touch ${started}; sleep 30`], CALL);
        await expect
          .poll(async () => (await run(['ls', started])).ok && valueOf(await run(['ls', started])).exitCode)
          .toBe(0);
        proxy.leadTo(url);

        expect(await running).toMatchObject({
          error: { code: 'unknown-outcome', message: expect.stringContaining('may still be running') },
        });
      } finally {
        await proxy.close();
      }
    });

    test('nobody there, and somebody who says nothing: nothing was run', async () => {
      const silent = await startSilent();
      try {
        const [none, quiet] = await Promise.all([
          runWith({ port: 1 }),
          createSshHosts(await settings({ port: silent.port }, `[127.0.0.1]:${silent.port} ${server.hostKey}\n`)).run(
            '127.0.0.1',
            ['true'],
            { timeoutMs: 700 },
          ),
        ]);

        expect([none, quiet]).toMatchObject([
          { error: { code: 'unreachable', message: expect.stringContaining('nothing was run') } },
          { error: { code: 'unreachable', message: expect.stringContaining('nothing was run') } },
        ]);
      } finally {
        await silent.close();
      }
    });

    test('another key than the pinned one, none, a revoked one: nothing was run', async () => {
      const name = `[${server.address}]:${server.port}`;
      const results = await Promise.all([
        runWith({}, `${name} ${OTHER_KEY}\n`),
        runWith({}, ''),
        runWith({}, `other.example ${server.hostKey}\n${server.address} ${server.hostKey}\n`),
        runWith({}, `${name} ${server.hostKey}\n@revoked * ${server.hostKey}\n`),
        // The server has no key of the pinned type, or does not show it.
        runWith({}, `${name} ecdsa-sha2-nistp256 ${ECDSA}\n`),
      ]);

      expect(results.map((result) => (result.ok ? 'ok' : result.error.code))).toEqual(results.map(() => 'key-changed'));
      expect(results.map((result) => (result.ok ? '' : result.error.message))).toEqual(
        results.map(() => expect.stringContaining('nothing was run')),
      );
    });

    test('several pinned keys, one of which is right', async () => {
      const name = `[${server.address}]:${server.port}`;
      const result = await runWith({}, `${name} ${OTHER_KEY}\n# remark\n${name},x ${server.hostKey} somebody\n`);

      expect(valueOf(result).exitCode).toBe(0);
    });

    test('a key or a user that may not log in is refused, and nothing was run', async () => {
      expect(await runWith({ key: server.strangeKey })).toMatchObject({
        error: { code: 'refused', message: expect.stringContaining('nothing was run') },
      });
      expect(await runWith({ user: 'nobody-here' })).toMatchObject({ error: { code: 'refused' } });
    });

    test('files that cannot be used are named, and never quoted', async () => {
      const broken = join(server.directory, 'broken');
      await writeFile(broken, 'not a key at all');

      expect(await runWith({ key: '/no/such/key' })).toMatchObject({
        error: { code: 'not-configured', message: expect.stringContaining('/no/such/key cannot be read') },
      });
      expect(await runWith({ key: broken })).toMatchObject({
        error: {
          code: 'not-configured',
          message: expect.stringMatching(/broken cannot be used: it is no private key/),
        },
      });
      expect(await runWith({ knownHosts: '/no/such/file' })).toMatchObject({ error: { code: 'not-configured' } });
    });

    test('a closed port runs nothing more', async () => {
      const port = createSshHosts(await settings());
      await port.close();

      expect(await port.run(server.address, ['true'], CALL)).toMatchObject({ error: { code: 'cancelled' } });
    });
  });
}

/** Somebody who takes connections and says nothing. */
async function startSilent(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

const ECDSA =
  'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=';

function valueOf(result: HostResult<ExecOutcome>): ExecOutcome {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

function texts({ exitCode, stdout, stderr }: ExecOutcome): object {
  return { exitCode, stdout: Buffer.from(stdout).toString(), stderr: Buffer.from(stderr).toString() };
}
