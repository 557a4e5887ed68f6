import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take about a minute or longer, the longest first. In a new clone vitest knows no durations and begins with the largest
 * files; a long one that it begins last leaves the other workers idle meanwhile.
 */
export const LONGEST: readonly string[] = [
  'test/slow/kubernetes-faults.test.ts',
  'test/slow/page/cluster.test.ts',
  'test/slow/page/upgrade.test.ts',
  'test/slow/upgrade-killed.test.ts',
  'test/slow/upgrade-gitops.test.ts',
  'test/slow/demo-upgrade.test.ts',
  'test/slow/cluster-exec.test.ts',
  'test/slow/replace-prod.test.ts',
  'test/slow/second-witness.test.ts',
  'test/slow/kubernetes-answers.test.ts',
  'test/slow/replace-ocp.test.ts',
  'test/slow/replace-capi.test.ts',
  'test/slow/page/undo.test.ts',
  'test/slow/faults-slack.test.ts',
  'test/slow/cluster-tunnel.test.ts',
  'test/slow/replace-killed.test.ts',
  'test/slow/replace-edge.test.ts',
  'test/slow/replace-ocp-cpms.test.ts',
  'test/slow/demo-replace.test.ts',
  'test/slow/processes.test.ts',
  'test/slow/playground/demo.test.ts',
  'test/slow/demo-cluster.test.ts',
  'test/slow/faults-clicks.test.ts',
  'test/slow/faults-slack-run.test.ts',
  'test/slow/backup-killed.test.ts',
  'test/slow/page/form.test.ts',
  'test/slow/backup-ring.test.ts',
  'test/slow/cluster-space-exec.test.ts',
  'test/slow/faults-clocks.test.ts',
  'test/slow/shipped-roles.test.ts',
  'test/slow/many-runs.test.ts',
  'test/slow/etcd-exec-3.4.test.ts',
  'test/slow/playground/kubernetes/frozen.test.ts',
];

/**
 * The order of vitest, but within each project the files of {@link LONGEST} come early, one of the others after each: side by side the longest
 * would want more than all of the processor first, and leave a third of it idle later.
 */
class LongestEarly extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort.call(this, files);
    const projects = [...new Set(usual.map((each) => each.project.name))];
    return projects.flatMap((name) => {
      const own = usual.filter((each) => each.project.name === name).toSorted((a, b) => placeOf(a) - placeOf(b));
      const others = own.filter((each) => placeOf(each) === LONGEST.length);
      const long = own.slice(0, own.length - others.length);
      return own.flatMap((_, turn) => [long, others].flatMap((each) => each.slice(turn, turn + 1)));
    });
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = LONGEST.findIndex((path) => fileURLToPath(new URL(path, import.meta.url)) === moduleId);
  return place === -1 ? LONGEST.length : place;
}

/** Projects whose files share the process and the modules of their worker: none sees what another file left there. */
const SHARED: ReadonlySet<string> = new Set(['unit']);

/** One project a folder of test/: what it may touch and how long it may take differ, the settings do not. */
function project(name: string) {
  return {
    extends: true as const,
    test: { name, include: [`test/${name}/**/*.test.ts`], isolate: !SHARED.has(name) },
  };
}

// The tests start hundreds of processes of ours: what one has compiled, the next ones need not compile again. The playground
// hands it on to bot and worker (`inherited`). Coverage is of what vitest itself evaluates, which is compiled each time.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/drydock/compiled', import.meta.url));

// vitest wants a default export here; nothing else in the repository has one.
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    sequence: { sequencer: LongestEarly },
    // A busy machine takes longer than the second that vitest waits by itself.
    expect: { poll: { timeout: 30_000 } },
    allowOnly: false,
    restoreMocks: true,
    unstubEnvs: true,
    projects: ['unit', 'contract', 'integration', 'e2e', 'repo', 'slow'].map(project),
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'commands/**/*.ts', 'jobs/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
    },
  },
});
