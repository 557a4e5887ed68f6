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
    expect(anchors).toEqual({ type: 'file', path: '/anchors' });
  });

  test('anchors in a bucket: how long they are kept has to be said', async () => {
    const s3 = `${GOOD}audit: { anchors: { type: s3, bucket: anchors, retention: { for: 365d } } }\n`;
    expect((await auditOf(s3)).anchors).toEqual({
      type: 's3',
      keepForMs: 365 * 86_400_000,
      s3: {
        bucket: 'anchors',
        prefix: null,
        region: null,
        endpoint: null,
        forcePathStyle: false,
        credentialsFile: null,
        encryption: null,
        retentionMode: 'compliance',
      },
    });
    const whole = [
      'type: s3, bucket: anchors, prefix: audit/prod, region: eu-west-1, endpoint: "https://s3.example.com:9000"',
      'forcePathStyle: true, credentials: keys, encryption: { type: kms, key: k }, retention: none',
    ];
    const { anchors } = await auditOf(`${GOOD}audit: { anchors: { ${whole.join(', ')} } }\n`);
    expect(anchors).toMatchObject({
      keepForMs: null,
      s3: {
        prefix: 'audit/prod',
        region: 'eu-west-1',
        endpoint: 'https://s3.example.com:9000',
        forcePathStyle: true,
        credentialsFile: expect.stringMatching(/^\/.*\/keys$/),
        encryption: { kind: 'kms', key: 'k' },
      },
    });
  });

  test.each([
    ['{ anchors: { type: s3, bucket: anchors } }', 'audit.anchors.retention', 'or none: then whoever may'],
    ['{ anchors: { type: s3, bucket: anchors, retention: { for: 1h } } }', 'audit.anchors.retention', 'a day or more'],
    ['{ anchors: { type: s3, bucket: B, retention: none } }', 'audit.anchors.bucket', 'the name of a bucket'],
    ['{ anchors: { type: s3, bucket: anchors, retention: none, key: x } }', 'audit.anchors', 'key'],
    ['{ anchors: { type: s3, bucket: anchors, retention: none, prefix: ../x } }', 'audit.anchors.prefix', 'letters'],
    [
      '{ anchors: { type: s3, bucket: anchors, retention: none, endpoint: "https://a:b@c" } }',
      'endpoint',
      'without user',
    ],
    ['{ anchors: { type: s3, bucket: anchors, retention: none, encryption: { type: own } } }', 'encryption', 'aes256'],
    ['{ anchors: { type: tape } }', 'audit.anchors', 'expected { type: file, path } or { type: s3'],
    ['{ anchorEvery: 5s }', 'audit.anchorEvery', 'at least 1 min'],
    ['{ mirror: "" }', 'audit.mirror', 'not empty'],
    ['{ stdout: true }', 'audit', 'stdout'],
  ])('%s is refused in words', async (entry, path, words) => {
    const problems = await problemsOf(`${GOOD}audit: ${entry}\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(path);
    expect(problems[0]).toContain(words);
  });
});
