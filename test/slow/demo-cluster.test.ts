import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { waitFor } from '../../playground/waiting.ts';
import { KUBECTL } from '../support/cluster-pods.ts';
import { type Demo, startDemo } from '../support/e2e-demo.ts';
import { ROOT, runProgram } from '../support/repository.ts';

vi.setConfig({ testTimeout: 180_000 });

const STATUS = '/kube status prod';
const DEFRAG = '/kube defrag prod';
const NODES = ['cp-1', 'cp-2', 'cp-3'];
const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** What the demo says of its cluster on stderr: a command that shows its pods, and in it the kubeconfig. */
const HINT = /^look at the cluster yourself: kubectl (--kubeconfig (\S+) get pods -A)$/m;
const SHRUNK = /Step 1, (cp-\d): defragment — done\. ([\d.]+) MiB before, ([\d.]+) MiB after/g;

/** What the demo names on stderr as soon as its cluster is there. */
async function hintOf(demo: Demo): Promise<readonly string[]> {
  return await waitFor('the words on kubectl', () => HINT.exec(demo.stderr()) ?? undefined, { timeoutMs: 90_000 });
}

/** Runs kubectl to its end, with a cache of its own. Answers the lines that it prints. */
function linesOf(args: readonly string[]): readonly string[] {
  const cache = mkdtempSync(join(tmpdir(), 'kubectl-cache-'));
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
  const { status, stdout, stderr } = runProgram(KUBECTL, [...args, `--cache-dir=${cache}`], { cwd: ROOT });
  expect(status, stderr).toBe(0);
  return stdout.trim().split('\n').toSorted();
}

test.each([
  ['tunnel', 'exec'],
  ['exec', 'tunnel'],
] as const)(
  'status and a defragmentation in one line by %s: both succeed, the exit code is 0, and meanwhile the kubeconfig that it names shows its 12 pods',
  async (access, another) => {
    const words = ['--access', access, '--run', STATUS, '--run', DEFRAG, '--approve', '--fill', '24'];
    const demo = await startDemo(words);
    const [, args = '', kubeconfig = ''] = await hintOf(demo);
    const pods = linesOf([...args.split(' '), '--no-headers']).map((row) => row.split(/\s+/).slice(0, 4).join(' '));
    const roles = linesOf(['--kubeconfig', kubeconfig, 'get', 'roles', '-n', 'kube-system', '-o', 'name']).join(' ');

    expect(await demo.ended).toBe(0);

    const [before, status = '', defrag = '', ...more] = demo.stdout().split(/operator: \/kube \w+ prod/);
    expect([before?.trim().split('\n').length, more]).toEqual([1, []]);
    expect(status).toMatch(/run `status-prod-\w+`/);
    expect(status).toMatch(
      / {2}#ops {2}drydock \(updated\):\n +Succeeded after .* Every step was done and verified\.\n/,
    );
    expect(status).toMatch(/3 of 3 nodes are ready, .* 3 of 3 members are healthy, cp-\d leads\./);
    // The thread of the first run may come when the second was asked for already.
    for (const each of COMPONENTS)
      for (const node of NODES) expect(demo.stdout()).toMatch(new RegExp(`${each} +${node} +running`));
    expect(defrag).toMatch(/run `defrag-prod-\w+`/);
    expect(defrag).toMatch(
      / {2}#ops {2}drydock \(updated\):\n +Succeeded after .* Every step was done and verified\.\n/,
    );
    const shrunk = [...defrag.matchAll(SHRUNK)].map(
      ([, name = '', was, is]) => `${name} ${Number(is) < Number(was) / 2 ? 'shrank' : 'did not'}`,
    );
    expect(shrunk.toSorted()).toEqual(NODES.map((name) => `${name} shrank`));
    // The worker could not have gone the other way.
    expect(roles).toContain(`drydock-etcd-defrag-${access}`);
    expect(roles).not.toContain(`-${another}`);
    expect(pods).toEqual(
      COMPONENTS.flatMap((each) => NODES.map((node) => `kube-system ${each}-${node} 1/1 Running`)).toSorted(),
    );
    expect(pods).toHaveLength(12);
    expect(existsSync(kubeconfig)).toBe(false);
    expect(demo.leftovers()).toEqual([]);
  },
);
