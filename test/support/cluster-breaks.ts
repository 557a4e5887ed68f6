import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AnsweringProxy, startAnsweringProxy } from './answering-proxy.ts';
import { rewriteKubeconfig } from './cluster-rights.ts';
import type { ClusterScene } from './cluster-suite.ts';
import { nextFollower } from './e2e-faults.ts';
import { textOf } from './e2e-scene.ts';

const ALL = ['cp-1', 'cp-2', 'cp-3'];

/** What breaks in the middle of a turn while everything else goes on. The worker speaks to the API server through a proxy meanwhile. */
export function clusterBreaks(
  access: 'exec' | 'tunnel',
  { scene, cluster, noTraces }: Pick<ClusterScene, 'scene' | 'cluster' | 'noTraces'>,
): void {
  describe('through a proxy', () => {
    let proxy: AnsweringProxy;

    // The last of its suite: worker and configuration stay so until the scene stops.
    beforeAll(async () => {
      proxy = await startAnsweringProxy({ server: cluster().server, ca: cluster().pki.ca.cert });
      await scene().worker.stop(5000);
      await rewriteKubeconfig(cluster(), (file) => {
        const [entry] = file.clusters;
        return { ...file, clusters: [{ ...entry, cluster: { server: proxy.url } }] };
      });
      // Where a member's work cannot be seen, an unchanged file is believed after 20 s.
      const path = scene().configPath;
      await writeFile(path, (await readFile(path, 'utf8')).replaceAll(/answerWithin: \S+/g, 'answerWithin: 3m'));
      await scene().worker.start();
    }, 120_000);
    afterAll(async () => {
      await proxy.close();
    });

    test('every connection to the API server is reset in the middle of a turn: the turn is seen done, and the run goes on', async () => {
      const run = await scene().ask('/kube defrag prod --pause 0s');
      let broken = 0;
      const begun = scene().turns.atNext(() => {
        broken = proxy.breakAll();
      });
      await scene().approve(run);
      const first = await begun;
      const { state, card } = await noTraces(run);

      expect(broken).toBeGreaterThan(0);
      expect(state.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
      expect(state.acts[0]).toMatchObject({ item: first, action: 'defragment', observed: { result: 'done' } });
      expect(scene().turns.begun().toSorted()).toEqual(ALL);
      expect(textOf(card)).toContain('3 of 3 members are healthy');
    });

    // With metrics the same is told by the start of the process: test/e2e/faults-etcd.test.ts.
    if (access !== 'exec') return;
    test('an etcd process killed in its turn and back in time: its file is as it was, the call is not made again, and the card says so', async () => {
      const victim = await nextFollower(scene());
      const run = await scene().ask(`/kube defrag prod member/${victim}`);
      const begun = scene().turns.atNext((member) => void scene().ring.member(member).kill());
      await scene().approve(run);
      await begun;
      const { state, card } = await noTraces(run);

      expect(state.ended).toMatchObject({ outcome: 'failed' });
      // Whether anybody looked while it was away is a matter of the machine.
      expect(['member-unhealthy', 'call-without-effect']).toContain(state.ended.reason);
      expect(state.ended.note).toContain(victim);
      expect(state.ended.note).toContain('the file did not shrink');
      expect(state.ended.note).toMatch(
        /went down and came back during its turn|whether it was restarted meanwhile cannot be seen in this way/,
      );
      expect(state.acts).toMatchObject([{ item: victim, observed: { result: 'not-done' } }]);
      expect(scene().turns.begun()).toEqual([victim]);
      expect(textOf(card)).toContain('Its locks are free again.');
    });
  });
}
