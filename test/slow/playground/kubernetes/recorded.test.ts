import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiScene, startApiScene } from '../../../support/api-scene.ts';
import { allRecorded } from '../../../support/kubernetes-fixtures.ts';
import { idOf, type Replayed, replay, type Topic } from '../../../support/recorded/replay.ts';
import { TROUBLE } from '../../../support/recorded/topics/trouble.ts';
import { TOPICS } from '../../../support/recorded/topics.ts';

const MIB = 1024 * 1024;

let scene: ApiScene;
beforeAll(async () => {
  scene = await startApiScene({ access: true });
});
afterAll(() => scene.stop());

function differing(replayed: readonly Replayed[]): object {
  return Object.fromEntries(
    replayed.filter(({ differences }) => differences.length > 0).map((each) => [each.id, each.differences]),
  );
}

for (const topic of TOPICS) {
  test(`recorded topic ${topic.topic} is answered as the real server did`, async () => {
    const replayed = await replay(scene, topic);

    expect(replayed.length).toBeGreaterThan(0);
    expect(differing(replayed)).toEqual({});
  });
}

test('recorded topic 20, an etcd in trouble, is answered as the real server did', async () => {
  const troubled = await startApiScene({ etcd: { quotaBytes: 24 * MIB }, access: true });
  try {
    expect(differing(await replay(troubled, TROUBLE))).toEqual({});
  } finally {
    await troubled.stop();
  }
});

test('every recorded exchange is compared, or stands in a list with the reason why not', () => {
  const all = allRecorded().map(idOf);
  const topics: readonly Topic[] = [...TOPICS, TROUBLE];
  const left = Object.keys(Object.assign({}, ...topics.map(({ leftOut }) => leftOut ?? {})));
  const compared = all.filter((id) => topics.some(({ topic }) => id.startsWith(topic)) && !left.includes(id));
  const given = topics.flatMap((topic) => topic.given ?? []).filter((id) => !left.includes(id));
  const trimmed = topics.flatMap((topic) => topic.trimmed ?? []).filter((id) => !left.includes(id));
  const excepted = topics.flatMap((topic) => Object.keys(topic.except ?? {})).filter((id) => !left.includes(id));

  expect(all).toHaveLength(380);
  expect(left.filter((id) => !all.includes(id))).toEqual([]);
  const counted = { compared, given, trimmed, excepted, left };
  expect(Object.fromEntries(Object.entries(counted).map(([name, ids]) => [name, ids.length]))).toEqual({
    compared: 349,
    given: 45,
    trimmed: 12,
    excepted: 22,
    left: 31,
  });
});
