import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import type { EtcdMember, EtcdResult, EtcdSnapshot, EtcdSnapshotChunk } from '../../../src/core/ports/etcd.ts';
import { fragment } from './filling.ts';
import { CALL, codeOf, leaderAndFollowers, ok, type RingKind, type RingUnderTest } from './ring-under-test.ts';
import { restoreSnapshot, snapshotStatus } from './snapshot-files.ts';

const MIB = 1024 * 1024;
const LIMITS = { timeoutMs: 60_000, stallMs: 60_000 };

/** Snapshots: whole, given up in the middle, and of members that stop in the middle. In this order, on one ring. */
export function snapshotSuite(kind: RingKind): void {
  describe(`etcd port, snapshots, ${kind.name}`, () => {
    // The fake needs no time to be in the middle of something.
    const shortMs = kind.opener === null ? 200 : 2_000;
    let ring: RingUnderTest;
    let directory: string;
    let member: EtcdMember;
    let file: Buffer;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'drydock-snapshot-'));
      ring = await kind.open();
      await fragment(ring.port, 24, 16);
      const [follower] = (await leaderAndFollowers(ring.port)).followers;
      if (follower === undefined) throw new Error('too few members');
      member = follower;
    });
    afterAll(async () => {
      await ring.stop();
      await rm(directory, { recursive: true });
    });

    /** A snapshot in whose first write something happens. */
    async function disturbed(
      disturb: () => Promise<void>,
      limits: Parameters<RingUnderTest['port']['snapshot']>[2] = LIMITS,
    ): Promise<{ readonly result: EtcdResult<EtcdSnapshot>; readonly sizeBytes: () => number }> {
      let size = 0;
      const result = await ring.port.snapshot(
        member,
        async ({ bytes }) => {
          if (size === 0) await disturb();
          size += bytes.length;
        },
        limits,
      );
      return { result, sizeBytes: () => size };
    }
    /** Nothing is open any more: a defragmentation waits for every stream. */
    async function expectNothingOpen(): Promise<void> {
      expect(ok(await ring.port.defragment(member, { timeoutMs: 60_000 }))).toBeNull();
    }
    async function answers(): Promise<void> {
      await waitFor(`${member.name} to answer`, async () => {
        const status = await ring.port.status(member, { timeoutMs: 2_000 });
        return status.ok && status.value.leaderId !== null;
      });
    }

    /** etcd restores what was streamed, and not when one bit of it is another. */
    async function expectRestores(opener: string): Promise<void> {
      const path = join(directory, 'whole.db');
      await writeFile(path, file);
      const { revision } = ok(await ring.port.status(member, CALL));
      expect(await snapshotStatus(opener, path)).toMatchObject({ revision });
      expect(await restoreSnapshot(opener, path, join(directory, 'restored'))).toBe('');

      const damaged = await readFile(path);
      damaged.writeUInt8(damaged.readUInt8(MIB) ^ 1, MIB);
      await writeFile(path, damaged);
      expect(await restoreSnapshot(opener, path, join(directory, 'damaged'))).toContain('expected sha256');
    }

    test('the file comes whole and in order, one chunk after the other, with its hash at the end, and etcd restores it', async () => {
      const { dbSizeBytes } = ok(await ring.port.status(member, CALL));
      const chunks: EtcdSnapshotChunk[] = [];
      let writing = 0;
      let atOnce = 0;
      const result = await ring.port.snapshot(
        member,
        async (chunk) => {
          writing += 1;
          atOnce = Math.max(atOnce, writing);
          await new Promise((resolve) => setImmediate(resolve));
          chunks.push({ ...chunk, bytes: Buffer.from(chunk.bytes) });
          writing -= 1;
        },
        LIMITS,
      );
      file = Buffer.concat(chunks.map(({ bytes }) => bytes));

      expect(ok(result)).toEqual({ sizeBytes: file.length });
      expect(file.length % 512).toBe(32);
      expect(file.length).toBeGreaterThanOrEqual(dbSizeBytes);
      expect(createHash('sha256').update(file.subarray(0, -32)).digest()).toEqual(file.subarray(-32));
      expect(atOnce).toBe(1);
      let left = file.length - 32;
      const expected = chunks.slice(0, -1).map(({ bytes }) => (left -= bytes.length));
      expect(chunks.map(({ remainingBytes }) => remainingBytes)).toEqual([...expected, 0]);
      if (kind.opener !== null) await expectRestores(kind.opener);
    });

    test('a slow writer holds the stream open, and what holds it open is what a defragmentation waits for', async () => {
      const released = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const running = disturbed(async () => {
        begun.resolve();
        await released.promise;
      });
      await begun.promise;

      expect(codeOf(await ring.port.defragment(member, { timeoutMs: shortMs }))).toBe('unknown-outcome');
      released.resolve();
      const { result, sizeBytes } = await running;
      expect(ok(result)).toEqual({ sizeBytes: sizeBytes() });
      await answers();
    });

    test('a caller who gives up in the middle gets no further bytes, and leaves nothing open', async () => {
      const caller = new AbortController();
      const never = Promise.withResolvers<void>();
      const { result, sizeBytes } = await disturbed(
        async () => {
          caller.abort();
          await never.promise;
        },
        { ...LIMITS, signal: caller.signal },
      );

      expect(codeOf(result)).toBe('cancelled');
      await expectNothingOpen();
      never.resolve();
      await answers();
      expect(sizeBytes()).toBeLessThan(MIB);
    });

    test('a writer that fails ends the stream, and is told what failed', async () => {
      const failure = new Error('the disk is full');

      await expect(disturbed(async () => await Promise.reject(failure))).rejects.toBe(failure);
      await expectNothingOpen();
    });

    test('one that is not whole in time is incomplete, and leaves nothing open', async () => {
      const never = Promise.withResolvers<void>();
      const { result } = await disturbed(async () => await never.promise, { timeoutMs: shortMs, stallMs: 60_000 });

      expect(codeOf(result)).toBe('incomplete');
      never.resolve();
      await expectNothingOpen();
    });

    test('one that stands in the middle is stalled', async () => {
      const { result, sizeBytes } = await disturbed(async () => await ring.freeze(member.name), {
        timeoutMs: 60_000,
        stallMs: shortMs,
      });

      expect(codeOf(result)).toBe('stalled');
      expect(sizeBytes()).toBeLessThan(file.length);
      await ring.thaw(member.name);
      await answers();
      await expectNothingOpen();
    });

    test('a member killed in the middle is told once, as incomplete, and gives one when it is back', async () => {
      const { result, sizeBytes } = await disturbed(async () => await ring.kill(member.name));

      expect(codeOf(result)).toBe('incomplete');
      expect(sizeBytes()).toBeLessThan(file.length);
      await ring.start(member.name);
      await answers();
      expect(ok((await disturbed(async () => await Promise.resolve())).result).sizeBytes % 512).toBe(32);
    });
  });
}
