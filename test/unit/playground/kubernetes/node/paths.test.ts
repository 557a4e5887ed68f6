import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  entered,
  realArgument,
  realArguments,
  realPath,
  type View,
} from '../../../../../playground/kubernetes/node/paths.ts';

const NODE = '/tmp/drydock-x/nodes/cp-1';

const view: View = {
  root: `${NODE}/containers/1/etcd`,
  mounts: [
    { inside: '/var/lib/etcd', real: `${NODE}/rootfs/var/lib/etcd` },
    { inside: '/etc/kubernetes/pki/etcd', real: `${NODE}/rootfs/etc/kubernetes/pki/etcd` },
  ],
  nodeDirectory: NODE,
  bareRoot: false,
  place: { address: '127.9.8.11', port: (port) => port },
};

test.each([
  ['--data-dir=/var/lib/etcd', `--data-dir=${NODE}/rootfs/var/lib/etcd`],
  ['--cacert=/etc/kubernetes/pki/etcd/ca.crt', `--cacert=${NODE}/rootfs/etc/kubernetes/pki/etcd/ca.crt`],
  ['/etc/kubernetes/pki/etcd/ca.crt', `${NODE}/rootfs/etc/kubernetes/pki/etcd/ca.crt`],
  ['/tmp/snapshot.db', `${NODE}/containers/1/etcd/tmp/snapshot.db`],
  ['--endpoints=https://127.0.0.1:2379', '--endpoints=https://127.9.8.11:2379'],
  ['--endpoints=localhost:2379', '--endpoints=127.9.8.11:2379'],
  [
    '--listen-client-urls=https://127.0.0.1:2379,https://127.9.8.11:2379',
    '--listen-client-urls=https://127.9.8.11:2379',
  ],
  ['mv /etc/a /tmp/b && ls', `mv ${NODE}/containers/1/etcd/etc/a ${NODE}/containers/1/etcd/tmp/b && ls`],
  ['>/tmp/out', `>${NODE}/containers/1/etcd/tmp/out`],
])('%s becomes %s', (argument, real) => {
  expect(realArgument(argument, view)).toBe(real);
});

test.each([
  '/usr/bin/etcdctl',
  '/dev/stdout',
  '/proc/1/status',
  'https://10.0.0.11:2379',
  'get',
  '--prefix',
  '/',
  '127.0.0.10',
  '/registry/pods',
])('%s stays as it is', (argument) => {
  expect(realArgument(argument, view)).toBe(argument);
});

test('what was rewritten once is not rewritten again', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('etc', 'var', 'tmp', 'a', 'lib', 'etcd', 'x.db'), { minLength: 1 }),
      (parts) => {
        const once = realArgument(`/${parts.join('/')}`, view);
        expect(realArgument(once, view)).toBe(once);
      },
    ),
  );
});

test('no path of the container leads to the same directory of this machine', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('etc', 'var', 'tmp', 'root', 'home', 'opt', 'srv', 'run', 'mnt'),
      fc.array(fc.stringMatching(/^[a-z0-9]{1,8}$/)),
      (top, rest) => {
        expect(realArgument(['', top, ...rest].join('/'), view).startsWith(`${NODE}/`)).toBe(true);
      },
    ),
  );
});

test('the longest mount wins', () => {
  const nested = {
    ...view,
    mounts: [
      { inside: '/host', real: '/a' },
      { inside: '/host/etc', real: '/b' },
    ],
  };

  expect(realPath('/host/etc/x', nested)).toBe('/b/x');
  expect(realPath('/host/var', nested)).toBe('/a/var');
});

test('chroot and nsenter are taken off, and what follows sees that root', () => {
  const shell = { ...view, mounts: [{ inside: '/host', real: `${NODE}/rootfs` }] };
  const byChroot = entered(['chroot', '/host', 'mv', '/etc/a', '/etc/b'], shell, `${NODE}/rootfs`);
  const byNsenter = entered(['nsenter', '--target', '1', '--mount', '--', 'ls', '/etc'], shell, `${NODE}/rootfs`);

  expect(byChroot.argv.map((each) => realArgument(each, byChroot.view))).toEqual([
    'mv',
    `${NODE}/rootfs/etc/a`,
    `${NODE}/rootfs/etc/b`,
  ]);
  expect(byNsenter.argv).toEqual(['ls', '/etc']);
  expect(realPath('/etc', byNsenter.view)).toBe(`${NODE}/rootfs/etc`);
});

test('a node without an address of its own has ports of its own', () => {
  const place = { address: '127.0.0.1', port: (port: number) => (port === 2379 ? 14_321 : port) };

  expect(realArgument('https://localhost:2379', { ...view, place })).toBe('https://127.0.0.1:14321');
});

test.each([
  ['cd / && rm -rf etc', `cd ${NODE}/rootfs && rm -rf etc`],
  ['/', `${NODE}/rootfs`],
  ['find / -name x', `find ${NODE}/rootfs -name x`],
  ['a/b', 'a/b'],
  ['8 / 2', `8 ${NODE}/rootfs 2`],
])('in a node shell the root is that of the node: %s', (argument, real) => {
  expect(realArgument(argument, { ...view, root: `${NODE}/rootfs`, mounts: [], bareRoot: true })).toBe(real);
});

test('keys and values of etcdctl are no paths, its flags are', () => {
  const argv = [
    'etcdctl',
    '--endpoints',
    'localhost:2379',
    'put',
    '/etc/key',
    'http://localhost/tmp',
    '--cert',
    '/etc/x',
  ];

  expect(realArguments(argv, view)).toEqual([
    '--endpoints',
    '127.9.8.11:2379',
    'put',
    '/etc/key',
    'http://localhost/tmp',
    '--cert',
    `${NODE}/containers/1/etcd/etc/x`,
  ]);
  expect(realArguments(['etcdctl', 'snapshot', 'save', '/tmp/x'], view)).toEqual([
    'snapshot',
    'save',
    `${NODE}/containers/1/etcd/tmp/x`,
  ]);
});
