import { expect, test } from 'vitest';
import { disksBelow } from '../../../playground/disks-in-memory.ts';

const MOUNTS = `proc /proc proc rw 0 0
tmpfs /tmp/ring/m-1/rootfs/var/lib/other tmpfs rw 0 0
drydock-playground /tmp/ring/m-1/rootfs/var/lib/etcd tmpfs rw 0 0
drydock-playground /tmp/ring/m-1/rootfs/var/lib/etcd/member/of\\040mine tmpfs rw 0 0
drydock-playground /tmp/ring/m-10/rootfs/var/lib/etcd tmpfs rw 0 0
`;

test('only our own disks at and below the directory are found, the deepest first', () => {
  const etcd = '/tmp/ring/m-1/rootfs/var/lib/etcd';
  expect(disksBelow(MOUNTS, '/tmp/ring/m-1')).toEqual([`${etcd}/member/of mine`, etcd]);
  expect(disksBelow(MOUNTS, etcd)).toHaveLength(2);
  expect(disksBelow(MOUNTS, '/tmp/ring')).toHaveLength(3);
  expect(disksBelow(MOUNTS, '/tmp/elsewhere')).toEqual([]);
  expect(disksBelow('', '/tmp')).toEqual([]);
});
