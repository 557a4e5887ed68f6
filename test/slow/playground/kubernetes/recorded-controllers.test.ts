import { afterAll, beforeAll, expect, test } from 'vitest';
import { startControllers } from '../../../../playground/kubernetes/controllers/start.ts';
import { type ApiScene, startApiScene } from '../../../support/api-scene.ts';
import { type HollowNodes, startHollowNodes } from '../../../support/recorded/hollow-nodes.ts';
import { replay, type Topic } from '../../../support/recorded/replay.ts';
import {
  deletesControlled,
  EVENTS_CONTROLLED,
  NAMESPACES_CONTROLLED,
  workloadsControlled,
} from '../../../support/recorded/topics/controlled.ts';
import { NODES_CONTROLLED } from '../../../support/recorded/topics/controlled-nodes.ts';

let scene: ApiScene;
let nodes: HollowNodes;
const endings: (() => Promise<void> | void)[] = [];
beforeAll(async () => {
  scene = await startApiScene();
  endings.push(() => scene.stop());
  nodes = startHollowNodes(scene.server().local, scene.ring.directory);
  endings.push(() => nodes.end());
  const controllers = startControllers(scene.server().local);
  endings.push(() => controllers.stop());
});
afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

const TOPICS: readonly (readonly [string, number, () => Topic])[] = [
  ['08: background, foreground and orphaning deletion', 6, () => deletesControlled(nodes)],
  ['11: workloads', 15, () => workloadsControlled(nodes)],
  ['16: a pod that fits nowhere', 2, () => EVENTS_CONTROLLED],
  ['18: the end of a namespace', 7, () => NAMESPACES_CONTROLLED],
];

test.each(TOPICS)(
  'controllers leave what the real ones left, topic %s',
  async (_what, count, topic) => {
    const replayed = await replay(scene, topic());

    expect(replayed).toHaveLength(count);
    expect(replayed.filter(({ differences }) => differences.length > 0)).toEqual([]);
  },
  90_000,
);

test('controllers leave what the real ones left, topic 12: a cordon and a dead node', async () => {
  const unmanned = await startApiScene();
  const controllers = startControllers(unmanned.server().local, { pace: 0.1 });
  try {
    const replayed = await replay(unmanned, NODES_CONTROLLED);

    expect(replayed).toHaveLength(9);
    expect(replayed.filter(({ differences }) => differences.length > 0)).toEqual([]);
  } finally {
    controllers.stop();
    await unmanned.stop();
  }
}, 60_000);
