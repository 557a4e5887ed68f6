import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  askFreeRoom,
  dataPaths,
  fileReplacement,
  lookAtData,
  lookAtPaths,
  moveAside,
  readDataPlace,
  readFile,
  readFreeRoom,
  readPaths,
  readText,
  replaceFile,
} from '../../../src/core/etcd/host-files.ts';
import {
  forgetFailures,
  type HostProgram,
  isCrashLooping,
  isRunning,
  isStopped,
  readDatabaseLock,
  readServiceState,
  type ServiceState,
  serviceLog,
  showService,
  startService,
  stopService,
  tryDatabaseLock,
  unusableService,
} from '../../../src/core/etcd/host-service.ts';
import type { HostFacts, HostPort } from '../../../src/core/ports/hosts.ts';
import type { ExecOutcome } from '../../../src/core/ports/kubernetes.ts';

/** One machine with a service that runs, and the knobs to disturb it. */
export interface HostUnderTest {
  readonly port: HostPort;
  readonly facts: HostFacts;
  readonly host: string;
  /** From the next start on the service ends at once, or runs again. */
  breakService(broken: boolean): void;
  /** The process ends, and nobody meant it to. */
  killService(): Promise<void>;
  powerOff(): Promise<void>;
  stop(): Promise<void>;
}

/** A kind of machine. */
export interface HostTarget {
  readonly name: string;
  start(): Promise<HostUnderTest>;
}

const CALL = { timeoutMs: 20_000 };
const RUN = 'replace-edge-7f3k';

/** What the programs of the runbooks do on every machine, in the order in which a replacement needs them. */
export function hostSuite(target: HostTarget): void {
  describe(`a host: ${target.name}`, () => {
    let machine: HostUnderTest;
    beforeAll(async () => {
      machine = await target.start();
    });
    afterAll(() => machine.stop());

    async function run({ argv, stdin }: HostProgram): Promise<ExecOutcome> {
      const call = stdin === undefined ? CALL : { ...CALL, stdin };
      const result = await machine.port.run(machine.host, argv, call);
      if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
      return result.value;
    }
    async function state(): Promise<ServiceState> {
      const read = readServiceState(await run(showService(machine.facts.service)));
      if (!read.ok) throw new Error(read.why);
      return read.value;
    }
    async function lock(): Promise<unknown> {
      return readDatabaseLock(await run(tryDatabaseLock(machine.facts.dataDirectory)));
    }

    test('a service that runs says so, and which file of settings it reads', async () => {
      await expect.poll(async () => isRunning(await state())).toBe(true);
      const seen = await state();

      expect(seen).toMatchObject({ load: 'loaded', active: 'active', sub: 'running', mainPid: expect.any(Number) });
      expect(isStopped(seen)).toBe(false);
      expect(unusableService(seen, machine.facts.environmentFile)).toEqual([]);
      expect(unusableService(seen, '/etc/other')).toHaveLength(1);
      await expect.poll(lock).toEqual({ ok: true, value: 'held' });
    });

    test('a service that nobody has', async () => {
      const read = readServiceState(await run(showService('other.service')));

      expect(read).toMatchObject({ ok: true, value: { load: 'not-found', active: 'inactive', mainPid: null } });
      expect((await run(stopService('other.service'))).exitCode).not.toBe(0);
    });

    test('stopped by name: no process, no restart, and the database is free', async () => {
      expect((await run(stopService(machine.facts.service))).exitCode).toBe(0);
      await expect.poll(async () => isStopped(await state())).toBe(true);

      expect(await lock()).toEqual({ ok: true, value: 'free' });
      expect(isCrashLooping(await state(), null)).toBe(false);
      // Once more is no failure.
      expect((await run(stopService(machine.facts.service))).exitCode).toBe(0);
    });

    test('the data are moved aside by one rename, once', async () => {
      const paths = dataPaths(machine.facts.dataDirectory, RUN);
      const before = readDataPlace(paths, await run(lookAtData(paths)));
      const moved = await run(moveAside(paths));
      const after = readDataPlace(paths, await run(lookAtData(paths)));
      const again = await run(moveAside(paths));

      expect(before).toEqual({ ok: true, value: { place: 'in-place', movable: true } });
      expect(moved.exitCode).toBe(0);
      expect(after).toEqual({ ok: true, value: { place: 'aside', movable: false } });
      expect(again.exitCode).not.toBe(0);
      const database = `${paths.aside}/snap/db`;
      expect(readPaths([database], await run(lookAtPaths([database])))).toMatchObject({ ok: true });
    });

    test('the file of settings is replaced, and the old one keeps a name', async () => {
      const { environmentFile } = machine.facts;
      const names = fileReplacement(environmentFile, RUN);
      const old = readText(await run(readFile(environmentFile)));
      const text = `${old.ok ? old.value : ''}# It's "new" $HOME \`id\` ü\n`;
      const codes: number[] = [];
      for (const program of replaceFile(names, text, false)) codes.push((await run(program)).exitCode);

      expect(old).toMatchObject({ ok: true, value: expect.stringContaining('ETCD_NAME=') });
      expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
      expect(readText(await run(readFile(environmentFile)))).toEqual({ ok: true, value: text });
      expect(readText(await run(readFile(names.kept)))).toEqual(old);
      expect(readPaths([names.draft], await run(lookAtPaths([names.draft])))).toEqual({
        ok: true,
        value: new Map([[names.draft, null]]),
      });
    });

    test('a second attempt leaves the old file under its name', async () => {
      const names = fileReplacement(machine.facts.environmentFile, RUN);
      const kept = readText(await run(readFile(names.kept)));
      const now = readText(await run(readFile(names.path)));
      for (const program of replaceFile(names, now.ok ? now.value : '', true)) await run(program);
      const linked = await run({ argv: ['ln', '-T', '--', names.path, names.kept] });

      expect(readText(await run(readFile(names.kept)))).toEqual(kept);
      expect(linked.exitCode).not.toBe(0);
    });

    test('started by name it runs anew, beside what was kept', async () => {
      expect((await run(startService(machine.facts.service))).exitCode).toBe(0);
      await expect.poll(async () => isRunning(await state())).toBe(true);
      const paths = dataPaths(machine.facts.dataDirectory, RUN);

      await expect
        .poll(async () => readDataPlace(paths, await run(lookAtData(paths))))
        .toMatchObject({ ok: true, value: { place: 'both' } });
    });

    test('a service that ends again and again is not stopped until somebody stops it', async () => {
      const before = await state();
      machine.breakService(true);
      await machine.killService();
      await expect.poll(async () => (await state()).restarts ?? 0).toBeGreaterThan(before.restarts ?? 0);
      await expect.poll(async () => isCrashLooping(await state(), before)).toBe(true);
      const looping = isStopped(await state());
      await run(stopService(machine.facts.service));
      await expect.poll(async () => isStopped(await state())).toBe(true);

      expect(looping).toBe(false);
      machine.breakService(false);
      expect((await run(forgetFailures(machine.facts.service))).exitCode).toBe(0);
      await run(startService(machine.facts.service));
      await expect.poll(async () => isRunning(await state())).toBe(true);
    });

    test('room, log, and files that are not there', async () => {
      const room = readFreeRoom(await run(askFreeRoom(machine.facts.dataDirectory)));

      expect(room).toMatchObject({ ok: true, value: { freeBytes: expect.any(Number) } });
      expect((await run(serviceLog(machine.facts.service, 5))).exitCode).toBe(0);
      expect(readText(await run(readFile('/etc/no-such-file')))).toMatchObject({ ok: false });
    });

    test('a machine without power is unreachable', async () => {
      await machine.powerOff();
      const result = await machine.port.run(machine.host, showService(machine.facts.service).argv, CALL);

      expect(result).toMatchObject({ ok: false, error: { code: 'unreachable' } });
    });
  });
}
