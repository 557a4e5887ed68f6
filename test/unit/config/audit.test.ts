import { describe, expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { GOOD, load, problemsOf } from './support.ts';

async function auditOf(yaml: string): Promise<Config['audit']> {
  const result = await load(yaml);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config.audit;
}

describe('audit', () => {
  test('left out: no mirror, no anchors outside Redis, heads in audit channels every hour', async () => {
    expect(await auditOf(GOOD)).toEqual({ mirror: null, anchorEveryMs: 3_600_000, anchors: null });
  });

  test('a mirror on standard output or in a file, anchors in a folder; paths start at the folder of the file', async () => {
    expect(await auditOf(`${GOOD}audit: { mirror: stdout, anchorEvery: 10m }\n`)).toEqual({
      mirror: { kind: 'stdout' },
      anchorEveryMs: 600_000,
      anchors: null,
    });
    const { mirror, anchors } = await auditOf(
      `${GOOD}audit: { mirror: log/audit.jsonl, anchors: { type: file, path: /anchors } }\n`,
    );
    expect(mirror).toMatchObject({ kind: 'file', path: expect.stringMatching(/^\/.*\/log\/audit\.jsonl$/) });
    expect(anchors).toEqual({ path: '/anchors' });
  });

  test.each([
    ['{ anchors: { type: s3, bucket: b, region: r } }', 'audit.anchors', 'in S3 is not built yet'],
    ['{ anchors: { type: tape } }', 'audit.anchors', 'expected { type: file, path }'],
    ['{ anchorEvery: 5s }', 'audit.anchorEvery', 'at least 60000 ms'],
    ['{ mirror: "" }', 'audit.mirror', 'not empty'],
    ['{ stdout: true }', 'audit', 'stdout'],
  ])('%s is refused in words', async (entry, path, words) => {
    const problems = await problemsOf(`${GOOD}audit: ${entry}\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(path);
    expect(problems[0]).toContain(words);
  });
});
