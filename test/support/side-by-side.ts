import { afterAll, beforeAll, describe } from 'vitest';
import { explainFailures, type Scene, type SceneOptions, startScene } from './e2e-scene.ts';

/**
 * A group of tests that mostly wait for time to pass: it runs beside the other such groups of its file, its own tests one after another.
 * Groups share nothing. What works much instead of waiting gains nothing by it. They wait by `waitFor`: `expect.poll` and hooks inside of
 * tests do not know which of the tests that run beside one another they belong to.
 */
export function sideBySide(name: string, tests: () => void): void {
  describe.concurrent(`${name}, beside others`, () => {
    describe('one after another', { concurrent: false }, () => {
      tests();
    });
  });
}

/** The tests of one group, with the scene that it has for itself. */
type GroupOfTests = (scene: () => Scene) => void;

/**
 * As {@link sideBySide} for groups that need a scene each. All scenes are there before the first test begins: starting them works the
 * machine.
 */
export function scenesSideBySide(options: SceneOptions, groups: Readonly<Record<string, GroupOfTests>>): void {
  const scenes = new Map<string, Scene>();
  beforeAll(async () => {
    const starts = Object.keys(groups).map(async (name) => scenes.set(name, await startScene(options)));
    await Promise.allSettled(starts);
    await Promise.all(starts);
  }, 240_000);
  afterAll(async () => {
    for (const scene of scenes.values()) await scene.stop();
  });
  for (const [name, tests] of Object.entries(groups)) {
    sideBySide(name, () => {
      explainFailures(() => scenes.get(name));
      tests(() => {
        const scene = scenes.get(name);
        if (scene === undefined) throw new Error('the scene is not started');
        return scene;
      });
    });
  }
}
