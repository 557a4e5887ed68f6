import type { DrillFindings, DrillOrder, DrillPort, DrillResult } from '../../src/core/ports/drill.ts';

/** What a restored etcd shows that is as the manifest of `bodyOf` says. */
export function findingsOf(changes: Partial<DrillFindings> = {}): DrillFindings {
  return {
    programs: { version: '3.5.16', etcd: '/opt/etcd/etcd', restore: '/opt/etcd/etcdutl' },
    revision: '18019771712233889773',
    keys: 812,
    hashKv: { hash: 40_717_993, compactRevision: '-1', revision: '100' },
    resources: [
      { resource: 'secrets', count: 12, sampled: 5, encrypted: 5, undecodable: 0 },
      { resource: 'pods', count: 800, sampled: 5, encrypted: 0, undecodable: 0 },
    ],
    encryptionProviders: ['aescbc'],
    alarmsDisarmed: 0,
    tookWrite: true,
    ...changes,
  };
}

/** A drill that reads the content to its end, says what it does, and answers what it is told. */
export function scriptedDrill(answer: DrillResult<DrillFindings>, orders: DrillOrder[] = []): DrillPort {
  return {
    programsFor: async () => await Promise.resolve({ ok: true, value: findingsOf().programs }),
    restore: async (order) => {
      orders.push(order);
      order.onProgress?.('Restoring.');
      let bytes = 0;
      for await (const chunk of order.content) bytes += chunk.length;
      return bytes === order.sizeBytes
        ? answer
        : { ok: false, error: { code: 'failed', message: `${bytes} bytes came` } };
    },
  };
}
