import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../../src/config/problem.ts';
import { GOOD, load } from './support.ts';

const SECRET = 'Cn4ry7d0f3b1a9c5e2d4f6a8b';

/** What people are told of a file, problems and warnings. */
async function told(yaml: string): Promise<string> {
  const result = await load(yaml);
  return [...(result.ok ? [] : result.problems), ...result.warnings].map(formatProblem).join('\n');
}

function change(from: string, to: string): string {
  expect(GOOD).toContain(from);
  return GOOD.replace(from, to);
}

describe('a secret that stands in the file by mistake is not shown, the mistake is', () => {
  test.each([
    ['an unknown field', 'version: 1', `version: 1\npassword: ${SECRET}`, 'password: there is no such field'],
    ['an address with a password', 'C0OPS', `"https://me:${SECRET}@slack.example"`, 'expected a Slack channel id'],
    [
      'an address with a token behind it',
      'C0OPS',
      `"https://slack.example/?token=${SECRET}"`,
      'found "https://slack.example/?token=[redacted]',
    ],
    ['a token of another service', 'C0OPS', `ghp_${SECRET}`, 'found "[redacted]"'],
    ['a name of a role', 'allow: [operator]', `allow: ["password=${SECRET}"]`, 'there is no role of this name'],
    [
      'a text that begins with an exclamation mark',
      'C0OPS',
      `!${SECRET}`,
      'not valid YAML: a text that begins with ! needs quotes',
    ],
    [
      'a text that begins with a bar',
      '{ ops: C0OPS }',
      `\n      ops: |${SECRET}`,
      'not valid YAML: Block scalar header includes extra characters',
    ],
    ['a text that begins with an asterisk', '{ ops: C0OPS }', `\n      ops: *${SECRET}`, 'an alias points to nothing'],
    ['half of a quote', 'C0OPS }', `"${SECRET}`, 'not valid YAML'],
  ])('%s', async (_name, from, to, words) => {
    const text = await told(change(from, to));

    expect(text).toContain(words);
    expect(text).not.toContain(SECRET);
  });
});
