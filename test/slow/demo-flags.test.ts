import { describe, expect, test, vi } from 'vitest';
import { startDemo } from '../support/e2e-demo.ts';

vi.setConfig({ testTimeout: 120_000 });

const DEFRAG = '/kube defrag prod';
const SMALL = ['--fill', '24'];
const READS = ['status prod', 'members prod', 'alarms prod', 'clusters', 'runs', 'help', 'help defrag'];

describe('npm run demo -- --run …', () => {
  test('reads and a dry run before it, all with exit code 0', async () => {
    const lines = [...READS.map((read) => `/kube ${read}`), `${DEFRAG} --dry-run`, '/kube show latest'];
    const demo = await startDemo([...lines.flatMap((line) => ['--run', line]), ...SMALL]);
    const turns = await demo.watchTurns();

    expect(await demo.ended).toBe(0);
    turns.close();

    expect(turns.begun()).toEqual([]);
    expect(demo.stdout()).toContain('Planned (dry run)');
    expect(demo.stdout()).toContain('/kube defrag <cluster>');
    for (const line of lines) expect(demo.stdout()).toContain(`operator: ${line}`);
  });

  test('neither flag: it waits for people, exit code 2, and nothing was defragmented', async () => {
    const demo = await startDemo(['--run', DEFRAG, ...SMALL]);
    const turns = await demo.watchTurns();

    expect(await demo.ended).toBe(2);
    turns.close();

    expect(turns.begun()).toEqual([]);
    expect(demo.stdout()).toContain('[Approve] [Reject …] [Cancel]');
  });

  test('a mistake is named, exit code 1', async () => {
    const demo = await startDemo(['--run', '/kube defarg prod', '--fill', '1']);

    expect(await demo.ended).toBe(1);

    expect(demo.stdout()).toContain('/kube defrag');
    expect(demo.stdout()).not.toContain('run `defrag-');
    expect(demo.leftovers()).toEqual([]);
  });
});
