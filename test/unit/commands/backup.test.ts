import { expect, test } from 'vitest';
import { backup } from '../../../commands/backup.ts';
import { BackupParams } from '../../../jobs/etcd-backup/params.ts';
import type { CommandContext } from '../../../src/core/command.ts';
import { emptyAudit } from '../../support/no-audit.ts';
import { NO_CONTROL } from '../../support/no-control.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';

/** A desk that is not asked: the command only orders a run. */
const DESK: CommandContext['desk'] = {
  list: async () => await Promise.resolve([]),
  find: async () => await Promise.resolve(null),
  findToDecide: async () => await Promise.resolve(null),
  findToCancel: async () => await Promise.resolve(null),
  waiting: async () => await Promise.resolve([]),
  vote: async () => await Promise.reject(new Error('not asked')),
  cancel: async () => await Promise.reject(new Error('not asked')),
};

async function order(flags: Readonly<Record<string, string>>, targets: readonly string[] = [], subject = 'prod') {
  const context: CommandContext = {
    actor: { team: 'T0HOME', user: 'U0OPERATOR' },
    policy: {
      homeTeam: 'T0HOME',
      roles: [],
      rules: [],
      defaultApprovals: { required: 1, from: ['approver'], requesterMayApprove: false, expiresMs: 1 },
    },
    clusters: [sampleCluster({ name: 'prod' }), sampleCluster({ name: 'cloud', platform: 'eks', etcdAccess: null })],
    commands: [backup],
    desk: DESK,
    audit: emptyAudit,
    control: NO_CONTROL,
    origin: { channel: 'C0OPS', threadTs: null },
    nowMs: () => 0,
  };
  const named = targets.map((name) => ({ kind: 'member', name }));
  return await backup.handle(context, { subject, targets: named, flags, rest: '' });
}

test('it orders a run in the name of who asked', async () => {
  const reply = await order({ note: 'before the upgrade' }, ['etcd-2']);

  expect(reply).toMatchObject({ kind: 'run', order: { runbook: 'etcd-backup', cluster: 'prod' } });
  const params = reply.kind === 'run' ? BackupParams.parse(reply.order.params) : null;
  expect(params).toEqual({ member: 'etcd-2', note: 'before the upgrade', by: 'T0HOME/U0OPERATOR' });
});

test('without member and note, by rule', async () => {
  const reply = await order({ note: '  ' });

  expect(reply).toMatchObject({ kind: 'run', order: { params: { member: null, note: null } } });
});

test('a note that is longer than a manifest should carry is refused', async () => {
  expect(await order({ note: 'x'.repeat(301) })).toMatchObject({ kind: 'answer' });
  expect(await order({ note: 'x'.repeat(300) })).toMatchObject({ kind: 'run' });
});

test('where the provider runs etcd there is nothing to order', async () => {
  expect(await order({}, [], 'cloud')).toMatchObject({ kind: 'answer' });
});
