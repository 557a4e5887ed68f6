import { expect, test } from 'vitest';
import {
  kubeadmHostCommands,
  openshiftHostCommands,
  ringHostCommands,
} from '../../../../src/core/etcd/host-commands.ts';
import { memberToType, memberWords } from '../../../../src/core/etcd/member-words.ts';
import { withoutSecrets } from '../../../../src/core/secrets.ts';

const MEMBER = { id: '8e9e05c52164694d', name: 'cp-2', peerUrls: ['https://10.0.0.12:2380'] };
const OTHERS = [
  { name: 'm-1', peerUrls: ['https://10.0.0.11:2380'] },
  { name: 'm-3', peerUrls: ['https://10.0.0.13:2380'] },
];
const FACTS = { service: 'etcd.service', dataDirectory: '/data/etcd', environmentFile: '/etc/etcd.env' };
const OCP = { cluster: 'ocp', member: MEMBER, node: 'cp-2', version: '4.18.3' };

test.each([
  [
    'kubeadm',
    kubeadmHostCommands({ cluster: 'prod', member: MEMBER, node: 'cp-2', hadNode: true, healthyNode: 'cp-1' }),
  ],
  [
    'ring',
    ringHostCommands({
      cluster: 'edge',
      member: { ...MEMBER, name: 'm-2' },
      joins: { name: 'm-4', peerUrls: ['https://10.0.0.14:2380'] },
      others: OTHERS,
      facts: FACTS,
      diskFull: false,
    }),
  ],
  [
    'ring-full',
    ringHostCommands({
      cluster: 'edge',
      member: { ...MEMBER, name: 'm-2' },
      joins: { name: 'm-2', peerUrls: [...MEMBER.peerUrls] },
      others: OTHERS,
      facts: FACTS,
      diskFull: true,
    }),
  ],
  ['openshift', openshiftHostCommands({ ...OCP, machine: null, bareMetal: false })],
  ['openshift-metal', openshiftHostCommands({ ...OCP, machine: 'ocp-master-1', bareMetal: true })],
])('what a person types: %s', async (name, text) => {
  await expect(`${text}\n`).toMatchFileSnapshot(`host-commands/${name}.txt`);
  expect(withoutSecrets(text)).toBe(text);
});

test('on kubeadm nothing is said to be deleted that was not there, and no id that nobody knows', () => {
  const order = { cluster: 'prod', member: null, node: 'cp-2', hadNode: false, healthyNode: 'cp-1' };

  expect(kubeadmHostCommands(order)).toMatch(/^The member of cp-2 is no member of prod any more\. What is left/);
});

test('without configured hosts the usual names are said to be a guess', () => {
  const text = ringHostCommands({
    cluster: 'edge',
    member: MEMBER,
    joins: { name: 'm-2', peerUrls: ['https://10.0.0.12:2380'] },
    others: OTHERS,
    facts: null,
    diskFull: false,
  });

  expect(text).toContain('etcd.hosts of edge is not configured. Use your own.');
  expect(text).toContain(
    'ETCD_INITIAL_CLUSTER="m-1=https://10.0.0.11:2380,m-3=https://10.0.0.13:2380,m-2=https://10.0.0.12:2380"',
  );
});

test.each([
  [MEMBER, 'cp-2 (8e9e05c52164694d, https://10.0.0.12:2380)', 'cp-2 8e9e05c52164694d'],
  [{ ...MEMBER, name: '' }, '8e9e05c52164694d (no name, https://10.0.0.12:2380)', '8e9e05c52164694d'],
  [{ ...MEMBER, peerUrls: [] }, 'cp-2 (8e9e05c52164694d, no peer URL)', 'cp-2 8e9e05c52164694d'],
  [{ ...MEMBER, name: 'Größe "2"' }, 'Größe "2" (8e9e05c52164694d, https://10.0.0.12:2380)', '8e9e05c52164694d'],
  [{ ...MEMBER, name: 'a--b' }, 'a--b (8e9e05c52164694d, https://10.0.0.12:2380)', '8e9e05c52164694d'],
])(
  'a member is told by name, id and peer URL; what is typed has only what keyboards leave as it is',
  (member, words, typed) => {
    expect([memberWords(member), memberToType(member)]).toEqual([words, typed]);
  },
);
