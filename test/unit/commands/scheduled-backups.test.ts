import { expect, test } from 'vitest';
import { commands } from '../../../commands/index.ts';
import { etcdBackup } from '../../../jobs/etcd-backup/runbook.ts';
import { etcdDrill } from '../../../jobs/etcd-drill/runbook.ts';
import type { CommandContext } from '../../../src/core/command.ts';
import { splitWords } from '../../../src/core/parse/inner-words.ts';
import { parseCommand } from '../../../src/core/parse/parse-command.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { type ControlScene, createControlScene } from '../../support/control-scene.ts';
import { operator, testPolicy } from '../../support/engine-harness.ts';
import { emptyAudit } from '../../support/no-audit.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';
import { DAY_MS, HOUR_MS, runsOf } from '../../support/standing-scene.ts';

const WHEN = ['--cron', 'times', '--tz', 'UTC'];

function policy(): Policy {
  const verbs = ['backup', 'backups', 'drill', 'schedule'];
  return { ...testPolicy(), rules: [{ clusters: ['prod'], commands: verbs, allow: ['operator'], approvals: null }] };
}

async function refuse(): Promise<never> {
  return await Promise.reject(new Error('not asked here'));
}

/** Schedules it, and gives the scene and the answer. */
async function scheduled(words: readonly string[]) {
  const scene: ControlScene = createControlScene([HOUR_MS, DAY_MS]);
  scene.runbooks.push(etcdBackup, etcdDrill);
  scene.harness.policy = policy();
  const parsed = parseCommand(['schedule', 'prod', ...words, ...WHEN], commands);
  if (!parsed.ok) throw new Error(parsed.mistake.text);
  const context: CommandContext = {
    actor: operator,
    policy: policy(),
    clusters: [sampleCluster()],
    commands,
    desk: {
      list: refuse,
      find: refuse,
      findToDecide: refuse,
      findToCancel: refuse,
      waiting: refuse,
      vote: refuse,
      cancel: refuse,
    },
    audit: emptyAudit,
    control: scene.as(operator.user),
    origin: { channel: 'C0OPS', threadTs: null },
    nowMs: () => scene.harness.clock.nowMs(),
  };
  return { scene, reply: await parsed.command.handle(context, parsed.args) };
}

/** Schedules it, goes to the first of its times, and answers what was proposed then. */
async function proposed(words: readonly string[]) {
  const { scene, reply } = await scheduled(words);
  expect(reply).toMatchObject({ kind: 'answer', answer: { kind: 'ok' } });
  await scene.keep();
  expect(await runsOf(scene)).toEqual([]);
  await scene.harness.clock.advance(HOUR_MS);
  // The keeper has its deps of before the policy was set.
  scene.keeper = { ...scene.keeper, ...scene.harness.deps('bot') };
  await scene.keep();
  const [made] = await scene.as(operator.user).schedules();
  return { text: made?.text ?? '', requests: (await runsOf(scene)).map(({ request }) => request) };
}

const BY = `${operator.team}/${operator.user}`;

test.each([
  { words: ['backup'], runbook: 'etcd-backup', params: { member: null, note: null, by: BY } },
  { words: ['drill', 'latest'], runbook: 'etcd-drill', params: { backup: 'latest' } },
  { words: ['drill'], runbook: 'etcd-drill', params: { backup: 'latest' } },
])('$words on a schedule is proposed when its time comes, as the person who scheduled it', async (each) => {
  const { runbook, params } = each;
  expect((await proposed(each.words)).requests).toMatchObject([
    { runbook, params, actor: operator, cluster: 'prod', dryRun: false },
  ]);
});

test.each(['every night', 'before  the upgrade', `Ann's "big" day`])(
  'a note that is %j stays as it was given',
  async (note) => {
    const { text, requests } = await proposed(['backup', 'member/etcd-2', `--note=${note}`]);
    expect(requests).toMatchObject([{ params: { member: 'etcd-2', note } }]);
    expect(splitWords(text)).toEqual(['/kube', 'backup', 'prod', 'member/etcd-2', `--note=${note}`]);
  },
);

test('a command that a form gives in one piece is read with its quotes', async () => {
  const { text, requests } = await proposed(['backup --note "every night"']);
  expect(requests).toMatchObject([{ params: { note: 'every night' } }]);
  expect(text).toBe('/kube backup prod --note "every night"');
});

test.each(['hold', 'release'])('to %s a backup is not scheduled: a schedule asks for one right only', async (flag) => {
  const { scene, reply } = await scheduled(['backups', `--${flag}`, 'latest']);

  expect(reply).toMatchObject({ kind: 'answer', answer: { kind: 'refused', reason: 'mistake' } });
  expect(await scene.as(operator.user).schedules()).toEqual([]);
});
