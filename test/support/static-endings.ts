import { expect } from 'vitest';
import { SHELL } from './shell-cluster.ts';
import { SECRET, type StaticScene } from './static-scene.ts';

/** Ran to its end: no shell is left, and nothing of the content stands in anything that is kept of the run. */
export async function done({ harness, kubernetes, run }: StaticScene): Promise<void> {
  expect(await run()).toMatchObject({ kind: 'done' });
  expect([...harness.cleanups.values()].every((each) => each.done)).toBe(true);
  const pods = await kubernetes.port.list(
    { apiVersion: 'v1', kind: 'Pod', namespace: SHELL.namespace },
    { timeoutMs: 1000 },
  );
  expect(pods).toMatchObject({ ok: true, value: { items: [] } });
  expect(JSON.stringify([harness.words, harness.outputs, harness.acts, kubernetes.calls])).not.toContain(SECRET);
}

/** Ran to its end with a good backup that is snapshot only; answers why. */
export async function snapshotOnly(scene: StaticScene): Promise<string> {
  await done(scene);
  const { files, snapshotOnly: why } = await scene.manifest();
  expect(files.map(({ role }) => role)).toEqual(['snapshot']);
  expect(scene.harness.words.at(-1)).toMatch(/snapshot only\.$/);
  expect(JSON.stringify(scene.harness.outputs)).toContain(`Warning: snapshot only: ${why ?? '?'}.`);
  return why ?? '';
}
