import { describe, expect, test } from 'vitest';
import { buildConfig } from '../../../src/config/build.ts';
import { ConfigFile } from '../../../src/config/schema.ts';
import { profileOf } from '../../../src/config/to-core.ts';
import { DEFAULT_NODES, nodeSettingsOf } from '../../../src/core/cluster-profile.ts';
import { GOOD, problemsOf } from './support.ts';

function settingsOf(nodes: Record<string, unknown> | undefined) {
  const edge = { platform: 'kubeadm', channels: { ops: 'C0OPS' }, ...(nodes === undefined ? {} : { nodes }) };
  const [cluster] = buildConfig(
    '/etc/drydock/drydock.yaml',
    ConfigFile.parse({ version: 1, clusters: { edge } }),
  ).clusters;
  if (cluster === undefined) throw new Error('no cluster');
  return nodeSettingsOf(profileOf(cluster));
}

describe('limits of drains and upgrades', () => {
  test('are the defaults where nothing is said', () => {
    expect(settingsOf(undefined)).toEqual(DEFAULT_NODES);
    expect(settingsOf({ drain: {}, upgrade: {} })).toEqual(DEFAULT_NODES);
  });

  test('are taken as they are written', () => {
    const drain = { parallelNodes: 5, parallelPods: 20, node: '10m', whole: '1h', stuck: '2m' };
    const upgrade = { machine: '30m', stall: '45m', roll: '24h' };

    expect(settingsOf({ groupLabel: 'example.com/pool', drain, upgrade })).toEqual({
      groupLabel: 'example.com/pool',
      drain: { parallelNodes: 5, parallelPods: 20, nodeMs: 600_000, wholeMs: 3_600_000, stuckMs: 120_000 },
      upgrade: { machineMs: 1_800_000, stallMs: 2_700_000, rollMs: 86_400_000 },
    });
  });

  test.each([
    'nodes: { drain: { parallelNodes: 0 } }',
    'nodes: { drain: { parallelNodes: 26 } }',
    'nodes: { drain: { parallelPods: 2.5 } }',
    'nodes: { drain: { node: soon } }',
    'nodes: { upgrade: { roll: 49h } }',
    'nodes: { upgrade: { stall: 0s } }',
    'nodes: { groupLabel: "two words" }',
    'nodes: { groups: pool }',
  ])('%s is refused', async (line) => {
    expect(await problemsOf(GOOD.replace('    channels:', `    ${line}\n    channels:`))).toHaveLength(1);
  });
});
