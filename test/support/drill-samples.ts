import type { DrillFindings } from '../../src/core/ports/drill.ts';

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
