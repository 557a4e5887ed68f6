import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { startDemo } from '../support/e2e-demo.ts';
import { ROOT, runProgram } from '../support/repository.ts';

vi.setConfig({ testTimeout: 120_000 });

function verify(file: string, ...words: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = runProgram(process.execPath, ['scripts/audit-verify.mjs', file, ...words], {
    cwd: ROOT,
  });
  return { status, said: `${stdout}${stderr}` };
}

test('audit:verify passes on the export of the demo, and fails on a changed byte and on a cut tail', async () => {
  const lines = ['/kube status prod', '/kube audit prod', '/kube audit prod --export'];
  const demo = await startDemo([...lines.flatMap((line) => ['--run', line]), '--fill', '1']);
  expect(await demo.ended).toBe(0);

  const [, file = ''] = /^export audit-prod-1-\d+\.jsonl: (.+)$/m.exec(demo.stderr()) ?? [];
  const [, anchor = ''] = /--anchor (\d+:[0-9a-f]{64})/.exec(demo.stdout()) ?? [];
  expect(demo.stdout()).toContain('Audit log of prod, newest first');
  expect(demo.stdout()).toMatch(/#audit {2}drydock:\s+Asked · `U0OPERATOR` · `prod`/);
  expect(verify(file, '--from', '1', '--anchor', anchor)).toMatchObject({ status: 0 });

  const bytes = readFileSync(file);
  const spoilt = `${file}.spoilt`;
  for (let turn = 0; turn < 12; turn += 1) {
    const changed = Buffer.from(bytes);
    const at = Math.floor((turn * (bytes.length - 1)) / 11);
    changed[at] = (changed[at] ?? 0) ^ 1;
    writeFileSync(spoilt, changed);
    expect([at, verify(spoilt).status]).toEqual([at, 1]);
  }

  const whole = bytes.toString('utf8').split('\n');
  writeFileSync(spoilt, `${whole.slice(0, -2).join('\n')}\n`);
  expect(verify(spoilt)).toMatchObject({ status: 0 });
  const cut = verify(spoilt, '--anchor', anchor);
  expect(cut.said).toContain('The end was cut off');
  expect(cut.status).toBe(1);
});
