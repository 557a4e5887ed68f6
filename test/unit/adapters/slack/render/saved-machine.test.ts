import { expect, test } from 'vitest';
import { renderThread } from '../../../../../src/adapters/slack/render/thread.ts';
import { ocpScene } from '../../../../support/ocp-replace/scene.ts';
import { eventAt, REQUESTED, SAMPLE_RUN } from '../../../../support/sample-run.ts';

test('the description of a machine that is to be deleted stands whole in the thread, so that it can be made anew by hand', async () => {
  const scene = await ocpScene();
  await scene.run();
  const [output = null] = scene.harness.outputs;
  const done = eventAt(3, { type: 'step-done', index: 0, note: '', output });

  const text = renderThread(SAMPLE_RUN, [REQUESTED, done], 1)
    .flatMap(({ texts }) => texts)
    .join('\n');

  expect(text).toContain('"kind":"Machine"');
  expect(text).toContain('"name":"ocp-master-3"');
});
