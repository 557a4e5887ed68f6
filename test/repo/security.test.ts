import { describe, expect, test } from 'vitest';
import { repositoryFiles, textOf } from '../support/repository.ts';

const page = textOf('docs/security.md');

/** A claim with the test that proves it. */
interface Claim {
  readonly claim: string;
  readonly proof: string;
}

/** Rows of the tables whose second column is the test. */
function claims(): readonly Claim[] {
  const tables = page.matchAll(/^\| (?:what stops it|claim) \| test \|\n\| --- \| --- \|\n((?:\|.*\n)+)/gm);
  return [...tables].flatMap(([, rows = '']) =>
    rows
      .trimEnd()
      .split('\n')
      .map((row) => {
        const [, claim = '', proof = ''] = /^\| (.+) \| (.+) \|$/.exec(row) ?? [];
        return { claim, proof };
      }),
  );
}

/** Whether a file of tests has one, or a group of them, with this title: it is what a call begins with. */
function hasTitle(text: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) => {
    const at = text.indexOf(`${quote}${title}${quote},`);
    return at > 0 && /\(\s*$/.test(text.slice(0, at));
  });
}

/** What is wrong with a proof; `null`: nothing. */
function problemOf(proof: string): string | null {
  const { file, title } = /^`(?<file>test\/[\w./-]+\.test\.ts)`: (?<title>.+)$/.exec(proof)?.groups ?? {};
  if (file === undefined || title === undefined) return `names no test: ${proof}`;
  if (!repositoryFiles().includes(file)) return `there is no file ${file}`;
  return hasTitle(textOf(file), title) ? null : `${file} has no test "${title}"`;
}

describe('docs/security.md', () => {
  test.each(claims())('$claim', ({ claim, proof }) => {
    expect(claim).not.toBe('');
    expect(problemOf(proof)).toBeNull();
  });

  test('says of each attacker what stops it and what does not', () => {
    const sections = page.split(/^## /m).slice(1);
    const attackers = sections.filter((section) => !/^(?:Assets|Actors)/.test(section));

    expect(attackers.length).toBeGreaterThan(7);
    for (const section of attackers) {
      expect(section).toMatch(/^\| (?:what stops it|claim) \| test \|$/m);
      expect(section).toMatch(/^\*\*Not stopped:\*\* \S/m);
    }
  });

  test.each([
    ['`test/repo/security.test.ts`: a title that no test has', 'has no test'],
    ['`test/repo/nowhere.test.ts`: a title', 'there is no file'],
    ['we are careful', 'names no test'],
  ])('a proof that is none is found: %s', (proof, words) => {
    expect(problemOf(proof)).toContain(words);
  });
});
