import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../../playground/workspace/model.ts';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import type { AuditEntry } from '../../../src/core/audit.ts';
import { verifyChain } from '../../../src/core/audit-verify.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';
import { APPROVALS, startTestBot, type TestBot } from './bot.ts';

const POLICY: Policy = {
  homeTeam: 'T0DRYDOCK',
  roles: [{ name: 'auditor', users: ['U0APPROVER1'] }],
  rules: [{ clusters: ['prod'], commands: ['status', 'audit'], allow: ['auditor'], approvals: null }],
  defaultApprovals: APPROVALS,
};

let bot: TestBot;
beforeEach(async () => {
  const channels = { ops: 'C0OPS', incidents: null, audit: 'C0AUDIT' };
  const clusters = [sampleCluster({ channels }), sampleCluster({ name: 'dev', channels })];
  bot = await startTestBot({ policy: () => POLICY, clusters });
});
afterEach(async () => {
  await bot.stop();
});

async function write(action: string, over: Partial<AuditEntry> = {}): Promise<void> {
  const actor = { team: 'T0DRYDOCK', user: 'U0OPERATOR' };
  const none = { actor, cluster: 'prod', run: null, reason: null, detail: {} };
  await bot.runs.audit([{ v: 1, at: new Date().toISOString(), action, ...none, ...over }]);
}

async function answerTo(name: string, line: string, channel = 'C0OPS'): Promise<Message> {
  const person = bot.workspace.person(name);
  await person.command(line, { channel });
  return await bot.workspace.waitFor('an answer', () =>
    person.sees(channel).find((message) => message.ephemeralFor !== undefined),
  );
}

/** Files in the workspace, with what is in them. */
function files(): readonly { readonly name: string; readonly channel: string | undefined; readonly text: string }[] {
  return [...bot.workspace.state.files.values()].map(({ name, channel, content }) => ({
    name,
    channel,
    text: content?.toString('utf8') ?? '',
  }));
}

describe('/kube audit', () => {
  test('lists what the person may see, newest first, and nothing of other clusters', async () => {
    await write('request', { detail: { text: '/kube defrag prod <!here>' } });
    await write('request', { cluster: 'dev', detail: { text: 'plans of dev' } });
    await write('end', { actor: null, detail: { outcome: 'succeeded' } });
    const answer = await answerTo('approver-1', '/kube audit prod');
    const shown = JSON.stringify(answer);
    expect(answer.blocks[0]?.block_id).toMatch(/^answer\.ok\./);
    expect(shown.indexOf('outcome: succeeded')).toBeGreaterThan(0);
    expect(shown.indexOf('outcome: succeeded')).toBeLessThan(shown.indexOf('/kube defrag prod'));
    expect(shown).not.toContain('plans of dev');
    expect(answer.text).not.toContain('<!here>');
  });

  test('by a person who is mentioned, and since a time', async () => {
    await write('request', { detail: { text: 'mine' } });
    await write('request', { actor: { team: 'T0DRYDOCK', user: 'U0APPROVER2' }, detail: { text: 'theirs' } });
    const answer = await answerTo('approver-1', '/kube audit prod --since 1h --by <@U0OPERATOR|operator>');
    expect(JSON.stringify(answer)).toContain('mine');
    expect(JSON.stringify(answer)).not.toContain('theirs');
  });

  test('--by of no person is a mistake that says what to write', async () => {
    const answer = await answerTo('approver-1', '/kube audit prod --by ana');
    expect(answer.text).toContain('--by @ana');
  });

  test.each([
    ['who has no role', 'stranger', 'prod'],
    ['who may not see that cluster', 'approver-1', 'dev'],
  ])('of somebody %s is refused and audited, and nothing is exported', async (_name, name, cluster) => {
    await write('request');
    const answer = await answerTo(name, `/kube audit ${cluster} --export`);
    expect(answer.blocks[0]?.block_id).toMatch(/^answer\.refused\./);
    expect(files()).toEqual([]);
    expect((await bot.runs.auditEntries(1, 9)).map(({ entry }) => entry.action)).toEqual(['refusal']);
  });
});

describe('/kube audit --export (Botkube: an audit log in its cloud only)', () => {
  test('goes to the audit channel, wherever it was typed, and is proven by itself', async () => {
    await write('request');
    await write('request', { cluster: 'dev', detail: { text: 'plans of dev' } });
    const answer = await answerTo('approver-1', '/kube audit prod --export', 'C0RANDOM');
    expect(answer.text).toContain('<#C0AUDIT>');
    const [file, ...more] = files();
    expect(more).toEqual([]);
    expect(file).toMatchObject({ name: 'audit-prod-1-3.jsonl', channel: 'C0AUDIT' });
    expect(file?.text).not.toContain('dev');
    const note = bot.workspace.messages('C0AUDIT').find((message) => message.threadTs === undefined);
    const [, anchor = ''] = /--anchor (\d+:[0-9a-f]{64})/.exec(note?.text ?? '') ?? [];
    const [seq = '', hash = ''] = anchor.split(':');
    const demands = { anchors: [{ seq: Number(seq), hash }], first: 1 };
    expect(verifyChain(canonicalDigest, file?.text ?? '', demands)).toMatchObject({ ok: true, links: 1, compared: 1 });
    expect((await bot.runs.auditEntries(2, 1))[0]?.entry).toMatchObject({
      action: 'export',
      actor: { user: 'U0APPROVER1' },
      detail: { text: 'audit prod --export' },
    });
  });

  test('that Slack does not take is told to the person and in the thread', async () => {
    bot.workspace.faults.set('files.completeUploadExternal', { kind: 'error', error: 'access_denied' });
    const answer = await answerTo('approver-1', '/kube audit prod --export');
    expect(answer.blocks[0]?.block_id).toMatch(/^answer\.refused\./);
    expect(answer.text).toContain('access_denied');
    const thread = bot.workspace.messages('C0AUDIT').filter((message) => message.threadTs !== undefined);
    expect(thread.map(({ text }) => text)).toEqual(['The file could not be shared. Ask for it again.']);
  });
});
