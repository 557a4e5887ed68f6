import { describe, expect, test } from 'vitest';
import { replace } from '../../../commands/replace.ts';
import { ReplaceParams } from '../../../jobs/etcd-replace/params.ts';
import type { CommandContext } from '../../../src/core/command.ts';
import { emptyAudit } from '../../support/no-audit.ts';
import { NO_CONTROL } from '../../support/no-control.ts';
import { sampleApprovals } from '../../support/run-samples.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';

async function unasked(): Promise<never> {
  return await Promise.reject(new Error('not asked here'));
}

async function said(
  flags: Readonly<Record<string, string | boolean>> = {},
  target: { readonly kind: string; readonly name: string } = { kind: 'member', name: 'etcd-2' },
  subject = 'prod',
) {
  const context: CommandContext = {
    actor: { team: 'T0HOME', user: 'U0OPERATOR' },
    policy: { homeTeam: 'T0HOME', roles: [], rules: [], defaultApprovals: sampleApprovals() },
    clusters: [sampleCluster({ name: 'prod' }), sampleCluster({ name: 'cloud', platform: 'eks', etcdAccess: null })],
    commands: [replace],
    control: NO_CONTROL,
    audit: emptyAudit,
    origin: { channel: 'C0OPS', threadTs: null },
    nowMs: () => 0,
    desk: {
      list: unasked,
      find: unasked,
      findToDecide: unasked,
      findToCancel: unasked,
      waiting: unasked,
      vote: unasked,
      cancel: unasked,
    },
  };
  return await replace.handle(context, { subject, targets: [target], flags, rest: '' });
}

async function paramsOf(...args: Parameters<typeof said>): Promise<ReplaceParams> {
  const reply = await said(...args);
  if (reply.kind !== 'run') throw new Error(JSON.stringify(reply));
  expect(reply.order).toMatchObject({ runbook: 'etcd-replace', cluster: 'prod' });
  return ReplaceParams.parse(reply.order.params);
}

describe('what is typed is what the run is asked for', () => {
  test('a member, by the one who asks; a backup is taken', async () => {
    expect(await paramsOf()).toEqual({
      target: { kind: 'member', name: 'etcd-2' },
      backup: null,
      overHealthy: false,
      peerUrl: null,
      by: 'T0HOME/U0OPERATOR',
    });
  });

  test('a node stays a node', async () => {
    expect((await paramsOf({}, { kind: 'node', name: 'cp-2' })).target).toEqual({ kind: 'node', name: 'cp-2' });
  });

  test('flags', async () => {
    const flags = { backup: 'latest', 'over-healthy': true, 'peer-url': 'https://10.0.0.14:2380/' };
    expect(await paramsOf(flags)).toMatchObject({
      backup: 'latest',
      overHealthy: true,
      peerUrl: 'https://10.0.0.14:2380',
    });
  });

  test('a dry run is one', async () => {
    expect(await said({ 'dry-run': true })).toMatchObject({ kind: 'run', order: { dryRun: true } });
  });
});

describe('a mistake orders nothing, and says what to write', () => {
  test.each([
    ['10.0.0.14:2380'],
    ['https://10.0.0.14'],
    ['https://10.0.0.14:2380/path'],
    ['ftp://10.0.0.14:2380'],
    ['https://10.0.0.14:2380,https://10.0.0.15:2380'],
  ])('--peer-url %s', async (url) => {
    const reply = await said({ 'peer-url': url });

    expect(reply).toMatchObject({ kind: 'answer' });
    expect(JSON.stringify(reply)).toContain(`${url} is no peer URL: write https://HOST:2380.`);
  });

  test('a backup of another cluster', async () => {
    const reply = await said({ backup: 'edge-20260101-030000-abcd' });

    expect(reply).toMatchObject({ kind: 'answer' });
    expect(JSON.stringify(reply)).toMatch(/edge/);
  });

  test('a cluster whose etcd its provider runs', async () => {
    expect(await said({}, undefined, 'cloud')).toMatchObject({ kind: 'answer', answer: { reason: 'not-applicable' } });
  });
});
