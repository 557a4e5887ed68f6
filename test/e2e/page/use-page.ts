import type { Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { PlaygroundOptions } from '../../../playground/playground.ts';
import { DESKTOP, type PageScene, PHONE, startPageScene } from './scene.ts';

/** The widths that every walk is made at, with the look of its pictures. */
export const WIDTHS = [
  { px: 1280, look: 'light-1280', options: DESKTOP },
  { px: 360, look: 'dark-360', options: PHONE },
] as const;

/** The page scene of a test file. */
export interface PageInUse {
  /** There once the first test begins. */
  readonly scene: PageScene;
  /** Opens a tab that is closed after the test. */
  open(options: Parameters<PageScene['open']>[0]): Promise<Tab>;
}

/** Starts a scene for the tests of a file and stops it after them; each test begins with a healthy ring. */
export function usePage(options?: PlaygroundOptions): PageInUse {
  let scene: PageScene | undefined;
  const tabs: Tab[] = [];
  function started(): PageScene {
    if (scene === undefined) throw new Error('the scene starts before the first test');
    return scene;
  }
  beforeAll(async () => {
    scene = await startPageScene(options);
  });
  afterAll(async () => await scene?.stop());
  beforeEach(async () => await started().playground.ring.waitHealthy());
  afterEach(async () => {
    for (const tab of tabs.splice(0)) await tab.context().close();
  });
  return {
    get scene() {
      return started();
    },
    async open(tabOptions) {
      const tab = await started().open(tabOptions);
      tabs.push(tab);
      return tab;
    },
  };
}
