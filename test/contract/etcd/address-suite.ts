import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EtcdRing } from '../../../playground/etcd-ring.ts';
import { freePort } from '../../../playground/ports.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { createDirectEtcd } from '../../../src/adapters/etcd/direct.ts';
import { findMetric } from '../../../src/adapters/etcd/prometheus.ts';
import type { EtcdTls } from '../../../src/adapters/etcd/tls.ts';
import type { EtcdMember, EtcdPort } from '../../../src/core/ports/etcd.ts';
import { freeze, startLone, startRing, tlsOf } from './real-ring.ts';
import { CALL, codeOf, memberOf, membersOf, ok } from './ring-under-test.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** Which address leads to which member: only real servers can show that the adapter reaches the right one. */
export function addressSuite(name: string, binary: string): void {
  describe(`etcd addresses, ${name}`, () => {
    let ring: EtcdRing;
    let tls: EtcdTls;
    let proxy: TcpProxy;
    const ports: EtcdPort[] = [];
    beforeAll(async () => {
      ring = await startRing(binary, 64);
      tls = await tlsOf(ring);
      proxy = await startTcpProxy(urlOf('m-1'));
    });
    afterAll(async () => {
      await Promise.all(ports.map((port) => port.close()));
      await proxy.close();
      await ring.stop();
    });

    function urlOf(member: string): string {
      return ring.member(member).clientUrl;
    }
    function open(endpoints: readonly string[]): EtcdPort {
      const port = createDirectEtcd({ endpoints, tls });
      ports.push(port);
      return port;
    }
    /** How many defragmentations that member has done since it started. */
    async function defragmentations(member: string): Promise<number> {
      const page = await new Promise<string>((resolve, reject) => {
        get(`${urlOf(member)}/metrics`, { ...tls, agent: false }, (response) => {
          text(response).then(resolve, reject);
        }).once('error', reject);
      });
      return findMetric(page, 'etcd_disk_backend_defrag_duration_seconds_count')[0]?.value ?? Number.NaN;
    }
    async function at(member: string, clientUrls: readonly string[]): Promise<EtcdMember> {
      return { ...(await memberOf(open(ring.endpoints), member)), clientUrls };
    }

    test('one member with several addresses is one member and defragmented once', async () => {
      const { port } = new URL(urlOf('m-1'));
      const several = [`https://127.0.0.1:${await freePort()}`, `https://localhost:${port}`, urlOf('m-1')];
      const etcd = open(several);
      const member = await at('m-1', several);
      const before = await defragmentations('m-1');

      expect(await membersOf(etcd)).toHaveLength(3);
      expect(ok(await etcd.defragment(member, CALL))).toBeNull();
      expect(await defragmentations('m-1')).toBe(before + 1);
    });

    test('an endpoint is asked who it is and preferred for that member', async () => {
      const member = await at('m-1', [`https://127.0.0.1:${await freePort()}`]);

      expect(ok(await open([urlOf('m-2'), proxy.url]).status(member, CALL)).memberId).toBe(member.id);
      expect(codeOf(await open([urlOf('m-2')]).status(member, CALL))).toBe('unreachable');
    });

    test('an address that leads to another member changes nothing there', async () => {
      const before = await defragmentations('m-2');
      const member = await at('m-1', [proxy.url]);
      const etcd = open([proxy.url]);
      expect(ok(await etcd.status(member, CALL)).memberId).toBe(member.id);

      proxy.leadTo(urlOf('m-2'));
      await waitFor('the change to be seen', async () => codeOf(await etcd.status(member, CALL)) === 'wrong-member');
      for (const fresh of [etcd, open([proxy.url])]) {
        expect(codeOf(await fresh.defragment(member, CALL))).toBe('wrong-member');
        expect(codeOf(await fresh.moveLeader(member, member.id, CALL))).toBe('wrong-member');
        expect(codeOf(await fresh.hash(member, null, CALL))).toBe('wrong-member');
        expect(codeOf(await fresh.range({ key: 'x' }, { ...CALL, via: member }))).toBe('wrong-member');
        expect(codeOf(await fresh.quota(member, CALL))).toBe('wrong-member');
        expect(codeOf(await fresh.defragInflight(member, CALL))).toBe('wrong-member');
      }
      expect(await defragmentations('m-2')).toBe(before);
      proxy.leadTo(urlOf('m-1'));
      await waitFor('the right member again', async () => codeOf(await etcd.status(member, CALL)) === 'ok');
    });

    test('a member that froze before the first contact was sent nothing', async () => {
      const member = await at('m-3', [urlOf('m-3')]);
      const before = await defragmentations('m-3');
      const witness = open(ring.endpoints);
      expect(codeOf(await witness.status(member, CALL))).toBe('ok');
      await freeze(witness, ring.member('m-3'));
      const etcd = open(ring.endpoints);

      expect(await etcd.defragment(member, { timeoutMs: 300 })).toMatchObject({
        ok: false,
        error: { code: 'unreachable', message: expect.stringContaining('frozen') },
      });
      ring.member('m-3').resume();
      await waitFor('the member to wake', async () => codeOf(await etcd.status(member, CALL)) === 'ok');
      expect(await defragmentations('m-3')).toBe(before);
    });

    test('a member of another ring is a stranger', async () => {
      const lone = await startLone(ring, binary);
      try {
        const etcd = open([proxy.url]);
        ok(await etcd.put('mine', Buffer.from('x'), CALL));
        proxy.leadTo(lone.clientUrl);
        await waitFor('the other ring', async () => codeOf(await etcd.alarms(CALL)) !== 'unreachable');

        expect(codeOf(await etcd.put('yours', Buffer.from('x'), CALL))).toBe('wrong-member');
        expect(codeOf(await etcd.members(CALL))).toBe('wrong-member');
        expect(codeOf(await etcd.range({ key: 'mine' }, CALL))).toBe('wrong-member');
        expect(ok(await open([lone.clientUrl]).range({ key: 'yours' }, CALL)).count).toBe(0n);
      } finally {
        proxy.leadTo(urlOf('m-1'));
        await lone.kill();
      }
    });
  });
}
