import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { objectNamed, render } from '../support/rendered.ts';
import { ROOT } from '../support/repository.ts';

const Peer = z.strictObject({
  podSelector: z
    .strictObject({
      matchLabels: z.record(z.string(), z.string()),
      matchExpressions: z
        .array(z.strictObject({ key: z.string(), operator: z.literal('In'), values: z.array(z.string()) }))
        .default([]),
    })
    .optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()) }).optional(),
});
const Ports = z.array(z.strictObject({ protocol: z.enum(['TCP', 'UDP']), port: z.number() }));
const Policy = z.looseObject({
  spec: z.strictObject({
    podSelector: z.unknown(),
    policyTypes: z.array(z.string()),
    ingress: z.array(z.strictObject({ from: z.array(Peer).optional(), ports: Ports })).default([]),
    egress: z.array(z.strictObject({ to: z.array(Peer).optional(), ports: Ports })).default([]),
  }),
});

const objects = render('deploy/kustomize/base');
const known = new Set(objects.map(({ metadata }) => metadata.name));
function policy(name: string) {
  return Policy.parse(objectNamed(objects, 'NetworkPolicy', `drydock-${name}`)).spec;
}

/** Components that a peer means; empty: it means addresses. */
function componentsOf({ podSelector }: z.infer<typeof Peer>): readonly string[] {
  if (podSelector === undefined) return [];
  expect(podSelector.matchLabels['app.kubernetes.io/part-of']).toBe('drydock');
  const one = podSelector.matchLabels['app.kubernetes.io/component'];
  const some = podSelector.matchExpressions.flatMap(({ values }) => values);
  return one === undefined ? some : [one];
}

/** Each way out with its ports: `redis tcp/6379`. */
function waysOut(name: string): readonly string[] {
  return policy(name).egress.flatMap(({ to, ports }) => {
    const whom = to === undefined ? ['anybody'] : [...new Set(to.flatMap((peer) => [componentsOf(peer)[0] ?? 'some']))];
    return ports.map(({ protocol, port }) => `${whom.join()} ${protocol.toLowerCase()}/${port}`);
  });
}

const DNS = ['anybody udp/53', 'anybody tcp/53', 'anybody udp/5353', 'anybody tcp/5353'];

test('all traffic is refused that no policy allows', () => {
  expect(policy('nothing')).toMatchObject({
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    ingress: [],
    egress: [],
  });
});

test('the bot answers Slack, and reaches Redis, DNS and public addresses', () => {
  expect(policy('bot').ingress).toEqual([{ ports: [{ protocol: 'TCP', port: 3000 }] }]);
  expect(waysOut('bot')).toEqual(['redis tcp/6379', ...DNS, 'some tcp/443']);
});

test('the worker answers nobody, and reaches Redis, DNS, API servers and etcd', () => {
  expect(policy('worker').ingress).toEqual([]);
  expect(waysOut('worker')).toEqual([
    'redis tcp/6379',
    ...DNS,
    'anybody tcp/443',
    'anybody tcp/6443',
    'anybody tcp/2379',
  ]);
});

test('the worker reaches hosts by ssh only where an installer adds the part that says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-hosts-ssh-'));
  try {
    const from = relative(realpathSync(folder), join(ROOT, 'deploy/kustomize'));
    writeFileSync(join(folder, 'kustomization.yaml'), `resources: [${from}/base]\ncomponents: [${from}/hosts-ssh]\n`);
    const added = render(folder).filter(({ kind, metadata }) => kind === 'NetworkPolicy' && !known.has(metadata.name));

    expect(added).toMatchObject([
      {
        metadata: { name: 'drydock-worker-hosts', namespace: 'drydock' },
        spec: {
          podSelector: policy('worker').podSelector,
          policyTypes: ['Egress'],
          egress: [{ ports: [{ protocol: 'TCP', port: 22 }] }],
        },
      },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('Redis answers bot and worker, and reaches nobody', () => {
  const [only, ...others] = policy('redis').ingress;

  expect(others).toEqual([]);
  expect(only?.ports).toEqual([{ protocol: 'TCP', port: 6379 }]);
  expect((only?.from ?? []).flatMap(componentsOf)).toEqual(['bot', 'worker']);
  expect(policy('redis').egress).toEqual([]);
});

describe('public addresses of the bot', () => {
  const allowed = new BlockList();
  const excepted = new BlockList();
  const blocks = policy('bot').egress.flatMap(({ to }) => (to ?? []).flatMap(({ ipBlock }) => ipBlock ?? []));
  for (const { cidr, except } of blocks) {
    add(allowed, cidr);
    for (const each of except) add(excepted, each);
  }

  test.each([
    ['3.65.0.1', true],
    ['2600:1f18::1', true],
    ['10.96.0.1', false],
    ['172.20.0.1', false],
    ['192.168.1.10', false],
    ['100.64.3.4', false],
    ['169.254.169.254', false],
    ['fd00::1', false],
    ['fe80::1', false],
  ])('%s: %s', (address, expected) => {
    const family = address.includes(':') ? 'ipv6' : 'ipv4';

    expect(allowed.check(address, family) && !excepted.check(address, family)).toBe(expected);
  });
});

function add(list: BlockList, cidr: string): void {
  const [net = '', bits = ''] = cidr.split('/');
  list.addSubnet(net, Number(bits), net.includes(':') ? 'ipv6' : 'ipv4');
}
