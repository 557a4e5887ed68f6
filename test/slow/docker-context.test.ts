import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copiedPaths, dockerStages } from '../support/dockerfile.ts';
import { type Finished, ROOT, runProgram } from '../support/repository.ts';

const CONFIG = `version: 1
clusters:
  lab:
    platform: etcd
    etcd:
      access: direct
      endpoints: ['http://127.0.0.1:2379']
    channels: { ops: C0OPS }
roles:
  operator: { users: [U0OPERATOR] }
  approver: { users: [U0APPROVER1] }
policy:
  - { clusters: [lab], commands: [status, members, defrag], allow: [operator] }
`;

let tree = '';
let installed: Finished = { status: null, stdout: '', stderr: '' };

// The folder /app of the image, made without a container engine: the same files, the same npm command.
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'drydock-image-'));
  for (const path of dockerStages().flatMap(copiedPaths))
    cpSync(join(ROOT, path), join(tree, path), { recursive: true });
  installed = runProgram('npm', ['ci', '--omit=dev', '--loglevel=error'], { cwd: tree });
}, 300_000);

afterAll(() => rmSync(tree, { recursive: true, force: true }));

/** Starts the service's entry point the way the image does, with nothing in its environment but what is given. */
function main(args: readonly string[], env: Readonly<Record<string, string>>): Finished {
  return runProgram(
    '/usr/bin/env',
    [
      '-i',
      ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
      process.execPath,
      'src/app/main.ts',
      ...args,
    ],
    {
      cwd: tree,
    },
  );
}

function environment(config: string): Readonly<Record<string, string>> {
  writeFileSync(join(tree, 'drydock.yaml'), config);
  return {
    NODE_ENV: 'production',
    DRYDOCK_CONFIG: join(tree, 'drydock.yaml'),
    REDIS_URL: 'redis://127.0.0.1:6379',
    SLACK_BOT_TOKEN: 'xoxb-for-a-test',
    SLACK_SIGNING_SECRET: 'secret-for-a-test',
  };
}

test('the packages of the image install without the development packages', () => {
  expect(installed.status, installed.stderr).toBe(0);
  expect(installed.stderr).toBe('');
  expect(runProgram('ls', ['node_modules'], { cwd: tree }).stdout).not.toMatch(/^(typescript|vitest|node)$/m);
});

test('check-config accepts a good configuration with what the image holds', () => {
  const { status, stdout, stderr } = main(['check-config'], environment(CONFIG));

  expect(status, `${stdout}${stderr}`).toBe(0);
});

test('check-config names the place of a problem and exits 78', () => {
  const { status, stdout, stderr } = main(
    ['check-config'],
    environment(CONFIG.replace('access: direct', 'access: radio')),
  );

  expect(status, `${stdout}${stderr}`).toBe(78);
  expect(`${stdout}${stderr}`).toContain('clusters.lab.etcd.access');
});
