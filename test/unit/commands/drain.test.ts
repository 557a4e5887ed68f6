import { describe, expect, test } from 'vitest';
import { commands } from '../../../commands/index.ts';
import { DrainParams } from '../../../jobs/drain/params.ts';
import { UncordonParams } from '../../../jobs/uncordon/params.ts';
import type { CommandReply } from '../../../src/core/command.ts';
import { parseCommand } from '../../../src/core/parse/parse-command.ts';
import { commandContext } from '../../support/command-context.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';

async function give(line: string, platform: 'kubeadm' | 'etcd' = 'kubeadm'): Promise<CommandReply> {
  const parsed = parseCommand(line.split(' '), commands);
  if (!parsed.ok) throw new Error(parsed.mistake.text);
  const context = commandContext({ clusters: [sampleCluster({ platform })] });
  return await parsed.command.handle(context, parsed.args);
}

function paramsOf(reply: CommandReply): unknown {
  return reply.kind === 'run' ? reply.order.params : JSON.stringify(reply);
}

describe('drain', () => {
  test('nothing is consented to by itself', async () => {
    const params = paramsOf(await give('drain prod node/worker-1 node/worker-2'));

    expect(DrainParams.parse(params)).toEqual({
      nodes: ['worker-1', 'worker-2'],
      groups: [],
      selector: null,
      deleteEmptyDir: false,
      unmanaged: false,
      ignoreBudgets: false,
      forceStuck: false,
      skipEndingMs: null,
      graceMs: null,
      parallel: null,
      timeoutMs: null,
    });
  });

  test('each flag says one thing', async () => {
    const flags =
      '--delete-emptydir-data --unmanaged --ignore-budgets --force-stuck --grace 30s --parallel 5 --timeout 1h';
    const params = paramsOf(await give(`drain prod node/worker-1 ${flags}`));

    expect(DrainParams.parse(params)).toEqual({
      nodes: ['worker-1'],
      groups: [],
      selector: null,
      deleteEmptyDir: true,
      unmanaged: true,
      ignoreBudgets: true,
      forceStuck: true,
      skipEndingMs: null,
      graceMs: 30_000,
      parallel: 5,
      timeoutMs: 3_600_000,
    });
  });

  test.each([
    ['--grace 0s', 'A grace period below 1s is a deletion by force'],
    ['--grace 2h', 'an hour at most'],
    ['--parallel 0', '--parallel'],
    ['--parallel 26', '1 to 25'],
    ['--timeout 0s', 'would give up at once'],
    ['--skip-ending 59s', 'takes 1m and more'],
    ['--skip-ending 5m --force-stuck', 'give one of them'],
    ['--skip-ending 10m --timeout 10m', 'shorter than --timeout'],
  ])('%s orders nothing, and says why', async (flags, words) => {
    expect(paramsOf(await give(`drain prod node/worker-1 ${flags}`))).toContain(words);
  });

  test('how long pods may take to end', async () => {
    const params = paramsOf(await give('drain prod node/worker-1 --skip-ending 5m'));

    expect(DrainParams.parse(params)).toMatchObject({ skipEndingMs: 300_000 });
  });

  test('groups beside nodes', async () => {
    const params = paramsOf(await give('drain prod nodegroup/md-0 node/worker-1 nodegroup/md-1'));

    expect(DrainParams.parse(params)).toMatchObject({ nodes: ['worker-1'], groups: ['md-0', 'md-1'], selector: null });
  });

  test('nodes by their labels', async () => {
    const params = paramsOf(await give('drain prod --selector zone!=a,pool=blue'));

    expect(DrainParams.parse(params)).toMatchObject({
      nodes: [],
      groups: [],
      selector: [
        { key: 'pool', value: 'blue', is: true },
        { key: 'zone', value: 'a', is: false },
      ],
    });
  });

  test.each([
    ['drain prod', 'node/NAME, nodegroup/NAME, or --selector'],
    ['drain prod node/worker-1 --selector pool=blue', 'do not go together'],
    ['drain prod nodegroup/md-0 --selector pool=blue', 'do not go together'],
    ['drain prod --selector pool', 'neither key=value nor key!=value'],
  ])('%s orders nothing, and says why', async (line, words) => {
    expect(paramsOf(await give(line))).toContain(words);
  });

  test.each([
    'drain prod node/worker-1 node/worker-1',
    'drain prod member/m-1',
    'drain prod --selector',
    'drain prod node/worker-1 --force',
  ])('%s is a mistake', async (line) => {
    await expect(give(line)).rejects.toThrow(/./);
  });

  test('a bare ring has no nodes', async () => {
    expect(paramsOf(await give('drain prod node/worker-1', 'etcd'))).toContain('it has no nodes');
  });
});

describe('uncordon', () => {
  test('nodes by name', async () => {
    const params = paramsOf(await give('uncordon prod node/worker-1'));

    expect(UncordonParams.parse(params)).toEqual({ nodes: ['worker-1'] });
  });

  test('a bare ring has no nodes', async () => {
    expect(paramsOf(await give('uncordon prod node/worker-1', 'etcd'))).toContain('it has no nodes');
  });
});
