import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemCalendar } from '../../../src/adapters/time/calendar.ts';
import type { ProcessRole } from '../../../src/config/environment.ts';
import { type LoadResult, loadConfig } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/problem.ts';

/** Commands that the tests' rules may name. */
export const COMMANDS = [
  { name: 'status', policyVerb: 'status' },
  { name: 'members', policyVerb: 'members' },
  { name: 'defrag', policyVerb: 'defrag', arguments: { flags: { all: {} } } },
  { name: 'help', policyVerb: null },
] as const;

/** A complete small configuration. */
export const GOOD = `version: 1
clusters:
  prod:
    platform: etcd
    etcd:
      access: direct
      endpoints: ["https://10.0.0.11:2379", "https://10.0.0.12:2379"]
      tls: { ca: ca.crt, cert: client.crt, key: client.key }
      defrag: { minFragmented: 40%, pause: 90s, quota: 8GiB }
    channels: { ops: C0OPS }
roles:
  operator: { users: [U0OPERATOR] }
  approver: { users: [U0APPROVER1, U0APPROVER2] }
policy:
  - { clusters: [prod], commands: [status, defrag], allow: [operator] }
`;

/** Environment of a whole process. */
export const ENV = {
  SLACK_BOT_TOKEN: 'xoxb-1-abc',
  SLACK_SIGNING_SECRET: 'a-signing-secret',
  REDIS_URL: 'redis://127.0.0.1:6379/0',
} as const;

/** Writes a configuration with certificate files beside it and loads it. */
export async function load(
  yaml: string,
  options: { readonly env?: Readonly<Record<string, string>>; readonly role?: ProcessRole } = {},
): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-config-'));
  onTestFinished(async () => {
    await rm(folder, { recursive: true });
  });
  await Promise.all(
    ['ca.crt', 'client.crt', 'client.key'].map(async (name) => await writeFile(join(folder, name), 'x')),
  );
  await writeFile(join(folder, 'drydock.yaml'), yaml);
  const { env = ENV, role = 'all' } = options;
  return await loadConfig({
    env,
    role,
    commands: COMMANDS,
    cronProblem: (spec) => systemCalendar.problem(spec),
    folder,
  });
}

/** Problems in words; empty when the configuration is in order. */
export async function problemsOf(yaml: string): Promise<readonly string[]> {
  const result = await load(yaml);
  return result.ok ? [] : result.problems.map(formatProblem);
}

/** Warnings in words. */
export async function warningsOf(yaml: string): Promise<readonly string[]> {
  const result = await load(yaml);
  return result.warnings.map(formatProblem);
}
