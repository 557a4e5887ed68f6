import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { policyOf } from '../../../src/config/to-core.ts';
import { demandWords } from '../../../src/core/policy/demands.ts';
import { demanded } from '../../../src/core/policy/waiting.ts';
import { type Policy, permit } from '../../../src/core/policy.ts';
import { sampleStep } from '../../support/run-samples.ts';
import { load } from './support.ts';

const page = await readFile(join(import.meta.dirname, '../../../docs/policy.md'), 'utf8');

const CLUSTERS = `version: 1
clusters:
  prod:
    platform: etcd
    etcd: { access: direct, endpoints: ["http://10.0.0.11:2379"] }
    windows: [{ cron: "0 2 * * SUN", tz: Europe/Berlin, duration: 4h }]
    channels: { ops: C0OPS }
  stage:
    platform: etcd
    etcd: { access: direct, endpoints: ["http://10.0.1.11:2379"] }
    channels: { ops: C0OPS }
`;

interface Row {
  readonly who: string;
  readonly asks: string;
  readonly answer: string;
}

interface Example {
  readonly title: string;
  readonly yaml: string;
  readonly rows: readonly Row[];
}

/** The first block of YAML of a part of the page. */
function yamlIn(text: string): string {
  return /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
}

function examples(): readonly Example[] {
  const parts = page.split(/^### /m).slice(1);
  return parts.map((part) => {
    const rows = part.split('\n').flatMap((line) => {
      const [, who = '', asks = '', answer = ''] = line.split('|').map((cell) => cell.trim());
      return who.startsWith('U0') ? [{ who, asks, answer }] : [];
    });
    return { title: part.split('\n')[0] ?? '', yaml: yamlIn(part), rows };
  });
}

async function policyIn(example: Example): Promise<Policy> {
  const common = yamlIn(page.slice(page.indexOf('## Examples')));
  const result = await load(`${CLUSTERS}${common}${example.yaml}`);
  if (!result.ok) throw new Error(result.problems.map((each) => `${each.path}: ${each.expected}`).join('\n'));
  return policyOf(result.config, 'T0');
}

function answerOf(policy: Policy, { who, asks }: Row): string {
  const [verb = '', cluster = '', ...flags] = (/`([^`]*)`/.exec(asks)?.[1] ?? '').split(' ');
  const permission = permit(policy, {
    actor: { team: 'T0', user: who },
    channel: / in (C0\w+)/.exec(asks)?.[1] ?? 'C0OPS',
    cluster,
    verb,
    flags: flags.map((flag) => flag.slice(2)),
    nowMs: Date.parse(/ at (\S+)/.exec(asks)?.[1] ?? '2026-11-25T12:00:00Z'),
    outsideWindow: asks.includes('outside its window'),
  });
  if (!permission.ok) return permission.reason;
  const asked = demanded({ ...permission, defaults: policy.defaultApprovals }, [sampleStep('disruptive')]);
  const own = asked?.requesterMayApprove === true ? ', also by who asks' : '';
  return `${/^rule \d+/.exec(permission.rule)?.[0] ?? ''}, ${asked === null ? '' : demandWords(asked)}${own}`;
}

describe('docs/policy.md', () => {
  test.each(examples().map((each) => [each.title, each] as const))('example %s', async (_title, example) => {
    const policy = await policyIn(example);

    expect(example.rows.length).toBeGreaterThan(0);
    expect(example.rows.map((row) => ({ ...row, answer: answerOf(policy, row) }))).toEqual(example.rows);
  });

  test('has ten examples', () => {
    expect(examples()).toHaveLength(10);
  });
});
