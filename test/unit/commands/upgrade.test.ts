import { describe, expect, test } from 'vitest';
import { commands } from '../../../commands/index.ts';
import type { CommandContext, CommandReply, RunDesk } from '../../../src/core/command.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { parseCommand } from '../../../src/core/parse/parse-command.ts';
import { policyVerbOf } from '../../../src/core/policy/verb.ts';
import type { RunState } from '../../../src/core/run-state.ts';
import { commandContext, NO_DESK } from '../../support/command-context.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';
import { REQUESTED, stateOf } from '../../support/sample-run.ts';

function contextOf(desk: Partial<RunDesk>, platform: 'kubeadm' | 'etcd' = 'kubeadm'): CommandContext {
  return commandContext({ clusters: [sampleCluster({ platform })], desk: { ...NO_DESK, ...desk } });
}

async function give(line: string, context = contextOf({})): Promise<CommandReply> {
  const parsed = parseCommand(line.split(' '), commands);
  if (!parsed.ok) throw new Error(parsed.mistake.text);
  return await parsed.command.handle(context, parsed.args);
}

async function params(line: string): Promise<JsonObject> {
  const reply = await give(line);
  if (reply.kind !== 'run') throw new Error('no run was ordered');
  return reply.order.params;
}

async function answer(line: string, context = contextOf({})): Promise<string> {
  const reply = await give(line, context);
  if (reply.kind !== 'answer') throw new Error('a run was ordered');
  return `${reply.answer.reason ?? ''}: ${reply.answer.title} ${JSON.stringify(reply.answer.lines)}`;
}

function mistakeOf(line: string): string {
  const parsed = parseCommand(line.split(' '), commands);
  return parsed.ok ? 'none' : `${parsed.mistake.text} ${parsed.mistake.nearest ?? ''}`;
}

function verbOf(line: string): string | null {
  const parsed = parseCommand(line.split(' '), commands);
  return parsed.ok ? policyVerbOf(parsed.command, parsed.args.targets) : null;
}

describe('upgrade', () => {
  test('takes the control plane, groups or all, and a version with or without its v', async () => {
    expect(await params('upgrade prod controlplane --to 1.31.4')).toMatchObject({
      what: { kind: 'controlplane' },
      to: 'v1.31.4',
    });
    expect(await params('upgrade prod nodegroup/b nodegroup/a --to v1.31.4 --canary nodegroup/a')).toMatchObject({
      what: { kind: 'nodegroup', names: ['b', 'a'] },
      canary: 'a',
    });
    expect(await params('upgrade prod ALL --to v1.31.4 --suspend-gitops --image img')).toMatchObject({
      what: { kind: 'all' },
      suspendGitops: true,
      image: 'img',
      by: 'T0HOME/U0OPERATOR',
    });
  });

  test.each([
    ['upgrade prod all', 'upgrade needs the version'],
    ['upgrade prod all --to latest', 'latest is no version'],
    ['upgrade prod all --to 1.31', 'write the whole version'],
    ['upgrade prod all --to v1.31.0-rc.1', 'v1.31.0-rc.1'],
    ['upgrade prod nodegroup/a --to v1.31.4 --canary b', '--canary b is none of the groups'],
    ['upgrade prod controlplane --to v1.31.4 --canary a', '--canary names a node group'],
    ['upgrade prod nodegroup/a --to v1.31.4 --backup latest', '--backup is for the control plane'],
  ])('%s is a mistake', async (line, words) => {
    expect(await answer(line)).toContain(words);
  });

  test.each([
    ['upgrade prod --to v1.31.4', 'needs at least 1 of controlplane or all or nodegroup/NAME'],
    ['upgrade prod md-0 --to v1.31.4', '/kube upgrade prod nodegroup/md-0 --to v1.31.4'],
    ['upgrade prod control-plane --to v1.31.4', '/kube upgrade prod controlplane --to v1.31.4'],
    ['upgrade prod node/a --to v1.31.4', 'not "node/a"'],
    ['upgrade prod all nodegroup/a --to v1.31.4', 'all stands alone'],
    ['upgrade prod nodegroup/a controlplane --to v1.31.4', 'controlplane stands alone'],
    ['upgrade prod nodegroup/a nodegroup/a --to v1.31.4', 'named twice'],
  ])('%s is not understood', (line, words) => {
    expect(mistakeOf(line)).toContain(words);
  });

  test('is asked of the policy with its kind', () => {
    expect(verbOf('upgrade prod controlplane --to v1.31.4')).toBe('upgrade controlplane');
    expect(verbOf('upgrade prod nodegroup/a nodegroup/b --to v1.31.4')).toBe('upgrade nodegroup');
    expect(verbOf('upgrade prod all --to v1.31.4')).toBe('upgrade all');
  });

  test.each(['upgrade prod all --to v1.31.4', 'nodegroups prod'])('%s is refused for a bare ring', async (line) => {
    expect(await answer(line, contextOf({}, 'etcd'))).toContain('not-applicable');
  });
});

const RECORD = { kind: 'group', provider: 'p', group: 'nodegroup/a', what: 'a from 1 to 2', change: {} } as const;

function ended(over: Partial<RunState> = {}): RunState {
  const run = stateOf([REQUESTED]);
  const output = { words: '', undo: RECORD };
  const step = { index: 0, status: 'done', attempts: 1, startedAt: null, doneAt: null, output, note: '' } as const;
  return { ...run, steps: [step], ended: { outcome: 'succeeded', reason: 'done', note: '', at: '' }, ...over };
}

/** A desk on which this run is found, and others only by their runbook. */
function deskOf(run: RunState, others: readonly RunState[] = []): CommandContext {
  return contextOf({
    find: async () => await Promise.resolve(run),
    list: async ({ runbook }) => await Promise.resolve(others.filter(({ request }) => request?.runbook === runbook)),
  });
}

function undoOf(run: RunState, over: Partial<RunState>): RunState {
  const { request } = run;
  if (request === null) throw new Error('a run without a request');
  return { ...ended(over), id: 'undo-prod-1', request: { ...request, runbook: 'undo', params: { run: run.id } } };
}

describe('undo', () => {
  test('orders what the steps of the run left, last first, on its cluster', async () => {
    const reply = await give('undo latest', deskOf(ended()));

    expect(reply).toMatchObject({
      kind: 'run',
      order: {
        runbook: 'undo',
        cluster: 'prod',
        undoes: ended().request?.policyVerb,
        params: { run: ended().id, records: [RECORD] },
      },
    });
  });

  test.each<[what: string, run: RunState, others: readonly RunState[], words: string]>([
    ['has not ended', ended({ ended: null }), [], 'has not ended'],
    ['left nothing', ended({ steps: [] }), [], 'changed nothing that can be taken back'],
    ['was undone', ended(), [undoOf(ended(), {})], 'undo-prod-1 has undone it'],
    ['is being undone', ended(), [undoOf(ended(), { ended: null })], 'undo-prod-1 is undoing it now'],
    ['is an undo', undoOf(ended(), {}), [], 'is an undo itself'],
  ])('is refused for a run that %s', async (_what, run, others, words) => {
    expect(await answer('undo latest', deskOf(run, others))).toContain(words);
  });

  test('is possible again when an earlier undo failed', async () => {
    const failed = undoOf(ended(), { ended: { outcome: 'failed', reason: 'api-refused', note: '', at: '' } });

    expect(await give('undo latest', deskOf(ended(), [failed]))).toMatchObject({ kind: 'run' });
  });

  test('of a run that nobody sees is refused', async () => {
    const context = contextOf({ find: async () => await Promise.resolve(null) });

    expect(await answer('undo upgrade-prod-none', context)).toContain('unknown-run');
  });
});
