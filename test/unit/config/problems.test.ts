import { describe, expect, test } from 'vitest';
import { GOOD, problemsOf, warningsOf } from './support.ts';

function change(from: string, to: string): string {
  expect(GOOD).toContain(from);
  return GOOD.replace(from, to);
}

describe('a mistake in drydock.yaml', () => {
  test.each([
    ['version', 'version: 1', 'version: 2', 'drydock.yaml:1: version: expected 1, the version of this format; found 2'],
    [
      'an unknown field',
      'pause: 90s',
      'pauze: 90s',
      'drydock.yaml:9: clusters.prod.etcd.defrag.pauze: there is no such field; did you mean pause?',
    ],
    [
      'an unknown field far from any other',
      'channels: { ops: C0OPS }',
      'channels: { ops: C0OPS }\n    zebra: 1',
      'drydock.yaml:11: clusters.prod.zebra: there is no such field',
    ],
    [
      'a missing field',
      '    channels: { ops: C0OPS }\n',
      '',
      'drydock.yaml:3: clusters.prod.channels: is missing; expected a mapping with at least ops: the channel for cards that cannot be posted where the command was typed',
    ],
    [
      'a platform',
      'platform: etcd',
      'platform: minikube',
      'drydock.yaml:4: clusters.prod.platform: expected one of kubeadm, openshift, cluster-api, eks, eks-anywhere, gke, aks, etcd; found "minikube"',
    ],
    [
      'a duration',
      'pause: 90s',
      'pause: 90',
      'drydock.yaml:9: clusters.prod.etcd.defrag.pause: expected a duration such as 60s, 5m or 1h30m; found 90',
    ],
    [
      'a percentage',
      '40%',
      '0.4',
      'drydock.yaml:9: clusters.prod.etcd.defrag.minFragmented: expected a percentage of 0% to 100%, such as 50%; found 0.4',
    ],
    [
      'a size',
      '8GiB',
      '8 potatoes',
      'drydock.yaml:9: clusters.prod.etcd.defrag.quota: expected a size such as 8GiB or 512MiB; found "8 potatoes"',
    ],
    [
      'a cluster name',
      '  prod:',
      '  Prod_1: { platform: kubeadm, channels: { ops: C0OPS } }\n  prod:',
      'drydock.yaml:3: clusters.Prod_1: a cluster name must match ^[a-z0-9][a-z0-9-]{0,30}$',
    ],
    [
      'a user name',
      'U0OPERATOR',
      'jane',
      'drydock.yaml:12: roles.operator.users[0]: expected a Slack user id such as U012ABC3D, not a name; found "jane"',
    ],
    [
      'a channel name',
      'C0OPS',
      'ops',
      'drydock.yaml:10: clusters.prod.channels.ops: expected a Slack channel id such as C012ABC3D, not a name; found "ops"',
    ],
    [
      'an endpoint without port',
      'https://10.0.0.11:2379',
      'https://10.0.0.11',
      'drydock.yaml:7: clusters.prod.etcd.endpoints[0]: expected an address such as https://10.0.0.11:2379, with scheme and port and nothing behind the port; found "https://10.0.0.11"',
    ],
    [
      'mixed schemes',
      'https://10.0.0.11',
      'http://10.0.0.11',
      'drydock.yaml:7: clusters.prod.etcd.endpoints: some are https and some http; all members of a ring speak one of them',
    ],
    [
      'the same endpoint twice',
      '10.0.0.12',
      '10.0.0.11',
      'drydock.yaml:7: clusters.prod.etcd.endpoints[1]: stands here twice; found "https://10.0.0.11:2379"',
    ],
    [
      'no certificates',
      'tls: { ca: ca.crt, cert: client.crt, key: client.key }',
      '',
      'drydock.yaml:5: clusters.prod.etcd.tls: is missing; https endpoints need { ca, cert, key }',
    ],
    [
      'a missing key',
      ', key: client.key',
      '',
      'drydock.yaml:8: clusters.prod.etcd.tls: is missing key; all of { ca, cert, key } are needed',
    ],
    [
      'files and a secret',
      'key: client.key',
      'key: client.key, secret: a/b',
      'drydock.yaml:8: clusters.prod.etcd.tls: name either the three files or a secret, not both',
    ],
    [
      'no endpoints',
      'endpoints: ["https://10.0.0.11:2379", "https://10.0.0.12:2379"]',
      'endpoints: []',
      'drydock.yaml:7: clusters.prod.etcd.endpoints: access direct needs the address of every member',
    ],
    [
      'exec on a bare ring',
      'access: direct',
      'access: exec',
      'drydock.yaml:6: clusters.prod.etcd.access: platform etcd has no pods; expected direct; found "exec"',
    ],
    [
      'a managed platform',
      'platform: etcd',
      'platform: eks',
      'drydock.yaml:5: clusters.prod.etcd: the provider of eks runs etcd and shows nothing of it; remove this section',
    ],
    [
      'an unknown role',
      'allow: [operator]',
      'allow: [operators]',
      'drydock.yaml:15: policy[0].allow[0]: there is no role of this name; did you mean operator?; found "operators"',
    ],
    [
      'an unknown cluster',
      'clusters: [prod]',
      'clusters: [staging]',
      'drydock.yaml:15: policy[0].clusters[0]: there is no cluster of this name; there is prod; found "staging"',
    ],
    [
      'an unknown command',
      '[status, defrag]',
      '[status, defragment-it]',
      'drydock.yaml:15: policy[0].commands[1]: there is no such command; commands are status, members, defrag; found "defragment-it"',
    ],
    [
      'a wildcard command',
      '[status, defrag]',
      '["*"]',
      'drydock.yaml:15: policy[0].commands[0]: name each command; only a deny may stand for all of them; found "*"',
    ],
    [
      'the name of a user group',
      'operator: { users: [U0OPERATOR] }',
      'operator: { groups: [platform] }',
      'drydock.yaml:12: roles.operator.groups[0]: expected a Slack user group id such as S012ABC3D, not its name; found "platform"',
    ],
    [
      'too many approvals',
      'allow: [operator] }',
      'allow: [operator], approvals: { required: 3, from: [approver] } }',
      'drydock.yaml:15: policy[0].approvals.required: 3 approvals from approver, which has 2 people',
    ],
    ['a duplicate key', 'roles:\n', 'version: 1\nroles:\n', 'drydock.yaml:11: this key stands here twice; keep one'],
  ])('%s is named with its line and what was expected', async (_name, from, to, expected) => {
    const problems = await problemsOf(change(from, to));

    expect(problems).toEqual([expected]);
  });

  test('an address of one ring in two clusters is named: two names for one ring would share no lock', async () => {
    const twin = `  twin:
    platform: etcd
    etcd:
      access: direct
      endpoints: ["http://10.0.0.13:2379", "http://10.0.0.12:2379/"]
    channels: { ops: C0OPS }
`;

    expect(await problemsOf(change('roles:\n', `${twin}roles:\n`))).toEqual([
      'drydock.yaml:15: clusters.twin.etcd.endpoints[1]: stands in cluster prod too; one ring belongs to one cluster, or two runs could change it at once; found "http://10.0.0.12:2379/"',
    ]);
  });

  test('text that is no YAML is named with its line, without quoting it', async () => {
    expect(await problemsOf(change('version: 1', 'version: [canary'))).toEqual([
      expect.stringMatching(/^drydock\.yaml:\d+: not valid YAML: (?!.*canary)/),
    ]);
  });

  test('an empty file misses its version and its clusters', async () => {
    expect(await problemsOf('')).toEqual([expect.stringContaining('expected a mapping')]);
  });

  test('default approvals name roles that exist, once there is a policy', async () => {
    const yaml = change('[U0APPROVER1, U0APPROVER2]', '[U0APPROVER1]');
    const defaults = 'defaults: { approvals: { from: [approvers] } }\n';

    expect(await problemsOf(`${yaml}${defaults}`)).toEqual([
      'drydock.yaml:16: defaults.approvals.from[0]: there is no role of this name; did you mean approver?; found "approvers"',
    ]);
  });

  test('without a role approver and without defaults, the default role is named', async () => {
    const yaml = change('  approver: { users: [U0APPROVER1, U0APPROVER2] }\n', '');

    expect(await problemsOf(yaml)).toEqual([
      'drydock.yaml:11: roles: the default role approver is not defined; define it, or name other roles in defaults.approvals.from',
    ]);
  });

  test('a bad name hides nothing below it', async () => {
    const cluster = '  Prod_1:\n    platform: minikube\n    channels: { ops: ops }\n';
    const role = '  Boss_1: { users: [jane], groups: [S0BOSS] }\n';
    const yaml = change('  prod:\n', `${cluster}  prod:\n`).replace('  operator:', `${role}  operator:`);

    expect(await problemsOf(yaml)).toEqual([
      'drydock.yaml:3: clusters.Prod_1: a cluster name must match ^[a-z0-9][a-z0-9-]{0,30}$',
      expect.stringMatching(/^drydock\.yaml:4: clusters\.Prod_1\.platform: expected one of .*found "minikube"$/),
      expect.stringMatching(/^drydock\.yaml:5: clusters\.Prod_1\.channels\.ops: expected a Slack channel id/),
      'drydock.yaml:15: roles.Boss_1: a name must be lower-case letters, digits and hyphens, beginning with a letter',
      expect.stringMatching(/^drydock\.yaml:15: roles\.Boss_1\.users\[0\]: expected a Slack user id/),
    ]);
  });

  test('a value that may be a secret is not shown', async () => {
    const yaml = change('platform: etcd', 'platform: xoxb-canary-1');
    const problems = await problemsOf(yaml);

    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain('canary');
  });
});

describe('a warning', () => {
  test('comes for what is accepted but has no effect', async () => {
    const yaml = change('platform: etcd', 'platform: etcd\n    kubeconfig: ca.crt').replace(
      '[status, defrag]',
      '[status, restore, help]',
    );

    expect(await warningsOf(yaml)).toEqual([
      'drydock.yaml:5: clusters.prod.kubeconfig: is not used by platform etcd',
      'drydock.yaml:16: policy[0].commands[1]: is not built yet; the rule has no effect for it; found "restore"',
      'drydock.yaml:16: policy[0].commands[2]: needs no rule: it is for everyone, or decided for each run; found "help"',
    ]);
  });

  test('comes for certificates beside http endpoints', async () => {
    expect(await warningsOf(GOOD.replaceAll('https:', 'http:'))).toEqual([
      expect.stringContaining('is not used: the endpoints are http'),
    ]);
  });

  test('comes when a requester could never get enough approvals', async () => {
    const yaml = change('[U0APPROVER1, U0APPROVER2]', '[U0OPERATOR]');

    expect(await warningsOf(yaml)).toEqual([
      expect.stringContaining('U0OPERATOR may ask for runs that nobody can approve'),
    ]);
  });

  test('comes for an empty policy', async () => {
    const [head] = GOOD.split('policy:');

    expect(await warningsOf(head ?? '')).toEqual([expect.stringContaining('has no rule, so nobody may do anything')]);
  });
});
