import { describe, expect, test, vi } from 'vitest';
import { waitFor } from '../../playground/waiting.ts';
import { startDemo } from '../support/e2e-demo.ts';

vi.setConfig({ testTimeout: 120_000 });

const DEFRAG = '/kube defrag prod';
const SMALL = ['--fill', '24'];
const READS = ['status prod', 'members prod', 'alarms prod', 'clusters', 'runs', 'help', 'help defrag'];

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

  test('--reject: exit code 0, and nothing was defragmented', async () => {
    const demo = await startDemo(['--run', DEFRAG, '--reject', ...SMALL]);
    const turns = await demo.watchTurns();

    expect(await demo.ended).toBe(0);
    turns.close();

    expect(turns.begun()).toEqual([]);
    expect(demo.stdout()).toContain('Rejected by @approver-1');
  });

  test('neither flag: it waits for people, exit code 2, and nothing was defragmented', async () => {
    const demo = await startDemo(['--run', DEFRAG, ...SMALL]);
    const turns = await demo.watchTurns();

    expect(await demo.ended).toBe(2);
    turns.close();

    expect(turns.begun()).toEqual([]);
    expect(demo.stdout()).toContain('[Approve] [Reject …] [Cancel]');
  });

  test.for([
    ['--as stranger is refused', [DEFRAG, '--as', 'stranger', '--approve'], 'No policy rule permits this.'],
    ['a mistake is named', ['/kube defarg prod'], '/kube defrag'],
  ] as const)('%s, exit code 1', async ([, words, said]) => {
    const demo = await startDemo(['--run', ...words, '--fill', '1']);

    expect(await demo.ended).toBe(1);

    expect(demo.stdout()).toContain(said);
    expect(demo.stdout()).not.toContain('run `defrag-');
    expect(demo.leftovers()).toEqual([]);
  });
});

describe('a demo that is ended from outside leaves nothing behind', () => {
  test.for([
    ['Ctrl-C', 'SIGINT', (pid: number) => -pid],
    ['SIGKILL of the demo', 'SIGKILL', (pid: number) => pid],
  ] as const)('%s', async ([, signal, to]) => {
    const demo = await startDemo(['--fill', '1']);
    await waitFor('the prompt', () => demo.stderr().includes('operator> '), { timeoutMs: 60_000 });
    const before = demo.leftovers();
    demo.stdin.write('/kube defrag prod --all\n');
    await waitFor('a run', () => demo.stdout().includes('[Approve]'), { timeoutMs: 30_000 });

    process.kill(to(demo.pid), signal);
    await demo.ended;

    await waitFor('everything to be gone', () => demo.leftovers().length === 0);
    expect(before.length).toBeGreaterThan(6);
  });
});
