import { describe, expect, test, vi } from 'vitest';
import { waitFor } from '../../playground/waiting.ts';
import { startDemo } from '../support/e2e-demo.ts';

vi.setConfig({ testTimeout: 120_000 });

const DEFRAG = '/kube defrag prod';
const SMALL = ['--fill', '24'];

/** The member that the last report of a transcript names as leader. */
function leaderIn(transcript: string): string | undefined {
  return [...transcript.matchAll(/(cp-\d) leads/g)].at(-1)?.[1];
}

describe('npm run demo -- --run "/kube defrag prod"', () => {
  test('--approve: the three members shrink on disk, the leader last, and the exit code is 0', async () => {
    const demo = await startDemo(['--run', DEFRAG, '--approve', ...SMALL], 'npm');
    const turns = await demo.watchTurns();
    const largest: Record<string, number> = {};
    let last: Readonly<Record<string, number>> = {};
    const watching = waitFor(
      'the demo to stop',
      () => {
        const now = demo.sizes();
        if (Object.keys(now).length === 3) last = now;
        for (const [name, size] of Object.entries(now)) largest[name] = Math.max(largest[name] ?? 0, size);
        return demo.stderr().includes('stopping');
      },
      { timeoutMs: 110_000, everyMs: 20 },
    );

    expect(await demo.ended).toBe(0);
    await watching;
    turns.close();

    expect(turns.begun().toSorted()).toEqual(['cp-1', 'cp-2', 'cp-3']);
    expect(turns.begun().at(-1)).toBe(leaderIn(demo.stdout()));
    for (const name of ['cp-1', 'cp-2', 'cp-3']) expect(last[name]).toBeLessThan((largest[name] ?? 0) / 2);
    expect(demo.stdout()).toContain('Succeeded');
    expect(demo.stdout()).toContain('Waiting for approval: 1 of 2, from @approver-2 (approver)');
    const presses = [...demo.stdout().matchAll(/(\S+) presses \[Approve\]/g)].map(([, who]) => who);
    expect(presses).toEqual(['approver-1', 'approver-2']);
    expect(demo.leftovers()).toEqual([]);
  });

  test('--reject: exit code 0, and nothing was defragmented', async () => {
    const demo = await startDemo(['--run', DEFRAG, '--reject', ...SMALL]);
    const turns = await demo.watchTurns();

    expect(await demo.ended).toBe(0);
    turns.close();

    expect(turns.begun()).toEqual([]);
    expect(demo.stdout()).toContain('Rejected by @approver-1');
  });

  test('--as stranger is refused, exit code 1', async () => {
    const demo = await startDemo(['--run', DEFRAG, '--as', 'stranger', '--approve', '--fill', '1']);

    expect(await demo.ended).toBe(1);

    expect(demo.stdout()).toContain('No policy rule permits this.');
    expect(demo.stdout()).not.toContain('run `defrag-');
    expect(demo.leftovers()).toEqual([]);
  });
});

test('a demo that is ended by Ctrl-C leaves nothing behind', async () => {
  const demo = await startDemo(['--fill', '1']);
  await waitFor('the prompt', () => demo.stderr().includes('operator> '), { timeoutMs: 60_000 });
  const before = demo.leftovers();
  demo.stdin.write('/kube defrag prod --all\n');
  await waitFor('a run', () => demo.stdout().includes('[Approve]'), { timeoutMs: 30_000 });

  process.kill(-demo.pid, 'SIGINT');
  await demo.ended;

  await waitFor('everything to be gone', () => demo.leftovers().length === 0);
  expect(before.length).toBeGreaterThan(6);
});
