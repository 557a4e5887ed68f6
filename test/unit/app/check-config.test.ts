import { describe, expect, test } from 'vitest';
import { reportCheck } from '../../../src/app/check-config.ts';
import { GOOD, load } from '../config/support.ts';

function capture() {
  let text = '';
  return { write: (more: string) => void (text += more), text: () => text };
}

describe('reportCheck', () => {
  test('sums up what is in order on standard output', async () => {
    const out = capture();
    const err = capture();

    expect(reportCheck(await load(GOOD), out, err)).toBe(true);
    expect(out.text()).toMatch(
      /^ok: .*drydock\.yaml: clusters prod \(etcd\); roles operator \(1\), approver \(2\); 1 rule\n$/,
    );
    expect(err.text()).toBe('');
  });

  test('counts users and user groups of a role apart: who is in a group only Slack knows', async () => {
    const out = capture();
    const yaml = GOOD.replace('[U0OPERATOR] }', '[U0OPERATOR], groups: [S0A, S0B] }').replace(
      'users: [U0APPROVER1, U0APPROVER2]',
      'groups: [S0C]',
    );
    reportCheck(await load(yaml), out, capture());

    expect(out.text()).toContain('roles operator (1 and 2 groups), approver (1 group);');
  });

  test('lists warnings, then every problem, on standard error', async () => {
    const out = capture();
    const err = capture();
    const yaml = GOOD.replace('[status, defrag]', '[status, restore]').replace('90s', '90').replace('C0OPS', 'ops');

    expect(reportCheck(await load(yaml), out, err)).toBe(false);
    expect(out.text()).toBe('');
    expect(err.text().split('\n')).toEqual([
      expect.stringMatching(/^warning: drydock\.yaml:15: policy\[0\]/),
      expect.stringMatching(/^drydock\.yaml:9: clusters\.prod\.etcd\.defrag\.pause: /),
      expect.stringMatching(/^drydock\.yaml:10: clusters\.prod\.channels\.ops: /),
      '2 problems. Nothing was started.',
      '',
    ]);
  });
});
