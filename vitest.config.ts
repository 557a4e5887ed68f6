import { defineConfig } from 'vitest/config';

/** One project a folder of test/: what it may touch and how long it may take differ, the settings do not. */
function project(name: string) {
  return {
    extends: true as const,
    test: { name, include: [`test/${name}/**/*.test.ts`] },
  };
}

// vitest wants a default export here; nothing else in the repository has one.
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
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
