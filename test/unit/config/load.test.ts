import { describe, expect, test } from 'vitest';
import { policyOf, profilesOf } from '../../../src/config/to-core.ts';
import { ENV, GOOD, load, problemsOf } from './support.ts';

/** The example of the contract, without user groups (they cannot be resolved yet) and its missing files. */
const CONTRACT = `version: 1
clusters:
  prod:
    platform: kubeadm
    context: prod-admin
    etcd:
      access: direct
      endpoints: [https://10.0.0.11:2379, https://10.0.0.12:2379, https://10.0.0.13:2379]
      tls: { ca: ca.crt, cert: client.crt, key: client.key }
      defrag: { minFragmented: 50%, maxQuotaUsed: 50%, pause: 60s, answerWithin: 15m }
    backups:
      store: { type: file, path: /var/lib/drydock/backups }
      retention: { keepLast: 14, maxAge: 30d }
    channels: { ops: C0OPS, incidents: C0INC, audit: C0AUDIT }
  cloud:
    platform: eks
    kubeconfig: ca.crt
    aws: { region: eu-west-1, cluster: prod, roleArn: "arn:aws:iam::1:role/drydock" }
    backups: { store: { type: s3, bucket: backups, prefix: p, region: eu-west-1, endpoint: "https://s3.local", forcePathStyle: true } }
    channels: { ops: C0OPS }
  capi:
    platform: cluster-api
    kubeconfig: client.crt
    management: { kubeconfig: ca.crt, namespace: prod }
    etcd: { access: exec }
    channels: { ops: C0OPS }
roles:
  operator: { users: [U0OPERATOR] }
  approver: { users: [U0APPROVER1, U0APPROVER2] }
policy:
  - { clusters: [prod], commands: [status, members, backup, defrag], allow: [operator] }
  - { clusters: [prod], commands: [restore, "upgrade nodegroup"], allow: [operator], approvals: { required: 2, from: [approver], expires: 30m } }
defaults:
  approvals: { required: 1, from: [approver], requesterMayApprove: false, expires: 30m }
`;

describe('loadConfig', () => {
  test('reads durations, sizes and percentages as people write them', async () => {
    const result = await load(GOOD);

    expect(result).toMatchObject({
      ok: true,
      config: {
        clusters: [
          {
            name: 'prod',
            platform: 'etcd',
            defrag: {
              minFragmented: 0.4,
              maxQuotaUsed: 0.5,
              pauseMs: 90_000,
              answerWithinMs: 900_000,
              sampleMs: 5000,
              quotaBytes: 8_589_934_592,
            },
          },
        ],
        defaultApprovals: { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 },
        runs: { keepFinishedMs: 2_592_000_000, perPersonAndMinute: 60 },
        redis: { acceptRisk: null },
      },
    });
  });

  test('takes relative paths from the folder of the file', async () => {
    const result = await load(GOOD);

    expect(result.ok && result.config.clusters[0]?.etcd?.tls?.ca.startsWith('/')).toBe(true);
    expect(result.ok && result.config.clusters[0]?.etcd?.tls?.ca.endsWith('/ca.crt')).toBe(true);
  });

  test('accepts every field of the contract', async () => {
    expect(await problemsOf(CONTRACT)).toEqual([]);
  });

  test('freezes everything', async () => {
    const result = await load(GOOD);

    expect(result.ok && Object.isFrozen(result.config) && Object.isFrozen(result.config.clusters[0]?.defrag)).toBe(
      true,
    );
  });

  test('gives runbooks no address and no path', async () => {
    const result = await load(GOOD);

    expect(result.ok && profilesOf(result.config)).toEqual([
      expect.objectContaining({
        name: 'prod',
        etcdAccess: 'direct',
        channels: { ops: 'C0OPS', incidents: null, audit: null },
      }),
    ]);
    expect(result.ok && JSON.stringify(profilesOf(result.config))).not.toMatch(/10\.0\.0|client\.key/);
  });

  test('completes the approvals of a rule from the defaults, but never lets the requester approve', async () => {
    const defaults = 'defaults: { approvals: { from: [approver], requesterMayApprove: true, expires: 10m } }\n';
    const result = await load(
      `${GOOD}${defaults}`.replace('allow: [operator] }', 'allow: [operator], approvals: { required: 2 } }'),
    );

    expect(result.ok && policyOf(result.config, 'T1')).toMatchObject({
      homeTeam: 'T1',
      rules: [{ approvals: { required: 2, from: ['approver'], requesterMayApprove: false, expiresMs: 600_000 } }],
      defaultApprovals: { requesterMayApprove: true },
    });
  });

  test('reports problems of file, cross-checks and environment together, in reading order', async () => {
    const yaml = GOOD.replace('pause: 90s', 'pause: 90')
      .replace('commands: [status, defrag]', 'commands: [statsu]')
      .replace('platform: etcd', 'platform: etc');
    const result = await load(yaml, { env: { ...ENV, PORT: 'http', REDIS_URL: 'localhost' } });

    expect(result.ok ? [] : result.problems.map((problem) => [problem.file, problem.line, problem.path])).toEqual([
      ['drydock.yaml', 4, 'clusters.prod.platform'],
      ['drydock.yaml', 9, 'clusters.prod.etcd.defrag.pause'],
      ['drydock.yaml', 15, 'policy[0].commands[0]'],
      ['environment', null, 'PORT'],
      ['environment', null, 'REDIS_URL'],
    ]);
  });

  test('says which file is missing', async () => {
    const result = await load(GOOD, { env: { ...ENV, DRYDOCK_CONFIG: 'elsewhere.yaml' } });

    expect(result.ok ? [] : result.problems).toEqual([
      expect.objectContaining({
        file: 'elsewhere.yaml',
        expected: 'cannot be read: there is no such file. DRYDOCK_CONFIG names the file',
      }),
    ]);
  });

  test('looks for certificate files in a worker, not in the bot', async () => {
    const yaml = GOOD.replace('client.key', 'gone.key');
    const worker = await load(yaml, { role: 'worker' });
    const bot = await load(yaml, { role: 'bot' });

    expect(worker.ok ? [] : worker.problems).toEqual([
      expect.objectContaining({
        line: 8,
        path: 'clusters.prod.etcd.tls.key',
        expected: 'cannot be read: there is no such file',
      }),
    ]);
    expect(bot.ok).toBe(true);
  });
});
