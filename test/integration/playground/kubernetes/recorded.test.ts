import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiScene, startApiScene } from '../../../support/api-scene.ts';
import { replay } from '../../../support/recorded/replay.ts';
import { TOPICS } from '../../../support/recorded/topics.ts';

let scene: ApiScene;
beforeAll(async () => {
  scene = await startApiScene();
});
afterAll(() => scene.stop());

for (const topic of TOPICS) {
  test(`recorded topic ${topic.topic} is answered as the real server did`, async () => {
    const replayed = await replay(scene, topic);

    expect(
      Object.fromEntries(
        replayed.flatMap((each) => (each.differences.length === 0 ? [] : [[each.id, each.differences]])),
      ),
    ).toEqual({});
  });
}
