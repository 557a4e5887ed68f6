import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../playground/waiting.ts';
import type { TriggerPoint } from '../../src/core/ports/runtime.ts';
import { type CrashScene, startCrashScene } from '../support/crash-scene.ts';
import { isFrozen } from '../support/frozen-process.ts';
import { sideBySide } from '../support/side-by-side.ts';

function sigstopSuite(points: readonly TriggerPoint[]): void {
  let scene: CrashScene;

  beforeEach(async () => {
    scene = await startCrashScene();
  });
  afterEach(async () => {
    await scene.close();
  });

  it.each(points)(
    'at %s: the successor ends the run; the woken process writes nothing and calls nothing',
    async (at) => {
      const runId = await scene.ask(['a', 'b']);
      const frozen = await scene.worker({ at, signal: 'SIGSTOP' });
      await scene.approveWhile(runId, async () => !(await isFrozen(frozen.pid)));
      await scene.worker(null);
      const ended = await scene.untilEnded(runId);
      expect(ended.ended).toMatchObject({ outcome: 'succeeded' });

      frozen.signal('SIGCONT');
      await waitFor('the woken worker to drop the run', () => {
        if (frozen.end() !== undefined) throw new Error(`the woken worker ended: ${frozen.output()}`);
        return /advanced (lost|ended|failed)/.test(frozen.output());
      });

      expect(await scene.valves.turns()).toEqual(['a', 'b']);
      expect((await scene.state(runId)).version).toBe(ended.version);
      expect(await scene.store.locks()).toEqual([]);
    },
  );
}

describe('a real worker frozen past its lease', () => {
  sideBySide('before and in a call', () => {
    sigstopSuite(['step-started', 'intent-before-store', 'intent-after-store']);
  });
  sideBySide('from a call on', () => {
    sigstopSuite(['call-made', 'observed-after-store', 'ended-before-store']);
  });
});
