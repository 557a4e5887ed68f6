import { describe, expect, test } from 'vitest';
import { withNodeShell } from '../../../jobs/steps/node-shell.ts';
import { type Kubelet, SHELL, shellCluster } from '../../support/shell-cluster.ts';
import { shellContext } from '../../support/shell-context.ts';

const NODE = { apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-1' } as const;
const PLACE = { node: 'cp-1', image: 'busybox:1.37' };

describe('a shell that does not start says what was said, and is taken away:', () => {
  const image = {
    containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } } }],
  };
  const scheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes fit' };
  const silent = { type: 'Ready', status: 'Unknown', lastTransitionTime: '2026-11-21T03:00:00Z', message: 'no word' };

  test.each<[string, Kubelet, string]>([
    [
      'the image cannot be had',
      { says: { phase: 'Pending', startTime: 'now', ...image } },
      'did not start within 120 s: the kubelet says ImagePullBackOff: no such image. Is the image to be had from there?',
    ],
    [
      'the scheduler has no place',
      { says: { phase: 'Pending', conditions: [scheduled] } },
      'did not start within 120 s: the scheduler says Unschedulable: 0/3 nodes fit. Is the image',
    ],
    [
      'the kubelet is silent',
      { says: { phase: 'Pending' }, node: { conditions: [silent] } },
      'did not start within 120 s: the kubelet has not taken it. Node cp-1 is not ready since 2026-11-21T03:00:00Z: no word.',
    ],
    [
      'the kubelet refuses it',
      { says: { phase: 'Failed', reason: 'OutOfpods', message: 'Node did not have enough resource: pods' } },
      'will not start: the kubelet says OutOfpods: Node did not have enough resource: pods',
    ],
    [
      'the image has no name that can be',
      { says: { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'InvalidImageName' } } }] } },
      'will not start: the kubelet says InvalidImageName',
    ],
    [
      'it ended at once',
      {
        says: {
          phase: 'Failed',
          containerStatuses: [{ state: { terminated: { reason: 'StartError', message: 'no sleep' } } }],
        },
      },
      'will not start: the kubelet says StartError: no sleep',
    ],
  ])('%s', async (_what, kubelet, words) => {
    const fake = shellCluster(kubelet);
    const context = shellContext(fake.port, 100_000);

    const answer = await withNodeShell(context, PLACE, async () => await Promise.resolve('unreachable'));

    expect(answer).toMatchObject({ ok: false, why: expect.stringContaining(`${SHELL.name} on cp-1 ${words}`) });
    expect(fake.read(SHELL)).toBeNull();
    expect(context.open.size).toBe(0);
  });

  test('there is no such node: nothing is created or registered', async () => {
    const fake = shellCluster();
    const context = shellContext(fake.port, 100_000);

    const answer = await withNodeShell(context, { ...PLACE, node: 'cp-9' }, async () => await Promise.resolve(1));

    expect(answer).toMatchObject({
      ok: false,
      why: expect.stringContaining('not created: the cluster has no node cp-9'),
    });
    expect(fake.calls.map(({ method }) => method)).toEqual(['get']);
    expect(context.open.size).toBe(0);
  });

  test('the worker may not look for it: nothing is created or registered, and the right is named', async () => {
    const fake = shellCluster();
    const message = 'pods is forbidden: add `get` on `pods` in namespace drydock-node-shell';
    const context = shellContext(
      {
        ...fake.port,
        get: async (ref, options) =>
          ref.kind === 'Pod'
            ? await Promise.resolve({ ok: false, error: { code: 'forbidden', message } })
            : await fake.port.get(ref, options),
      },
      100_000,
    );

    const answer = await withNodeShell(context, PLACE, async () => await Promise.resolve(1));

    expect(answer).toMatchObject({ ok: false, why: expect.stringContaining(message) });
    expect(fake.calls.map(({ method }) => method)).not.toContain('create');
    expect(context.open.size).toBe(0);
  });

  test('somebody deletes it meanwhile', async () => {
    const fake = shellCluster({ says: { phase: 'Pending' } });
    const context = shellContext(fake.port, 100_000);
    const pause = async (ms: number) => {
      fake.finish(SHELL);
      await context.pause(ms);
    };

    const answer = await withNodeShell({ ...context, pause }, PLACE, async () => await Promise.resolve(1));

    expect(answer).toMatchObject({
      ok: false,
      why: expect.stringContaining('was deleted by somebody before it started'),
    });
    expect(context.open.size).toBe(0);
  });

  test('its node goes away meanwhile, and the collector of pods takes it', async () => {
    const fake = shellCluster({ says: { phase: 'Pending' } });
    const context = shellContext(fake.port, 100_000);
    const pause = async (ms: number) => {
      fake.finish(NODE);
      fake.finish(SHELL);
      await context.pause(ms);
    };

    const answer = await withNodeShell({ ...context, pause }, PLACE, async () => await Promise.resolve(1));

    expect(answer).toMatchObject({
      ok: false,
      why: expect.stringContaining('went away before it started: the cluster has no node cp-1; last seen: the kubelet'),
    });
    expect(context.open.size).toBe(0);
  });

  test('its node goes away meanwhile, and the pod stays', async () => {
    const fake = shellCluster({ says: { phase: 'Pending' } });
    const context = shellContext(fake.port, 100_000);
    const pause = async (ms: number) => {
      fake.finish(NODE);
      await context.pause(ms);
    };

    const answer = await withNodeShell({ ...context, pause }, PLACE, async () => await Promise.resolve(1));

    expect(answer).toMatchObject({
      ok: false,
      why: expect.stringMatching(/has not taken it\. The cluster has no node cp-1\.$/),
    });
  });

  test('a last look that fails does not hide what the kubelet said before', async () => {
    const fake = shellCluster({ says: { phase: 'Pending', startTime: 'now', ...image } });
    const context = shellContext(fake.port, 100_000);
    const get: typeof fake.port.get = async (ref, call) =>
      ref.kind === 'Pod' && context.nowMs() > 100_000 && context.nowMs() < 120_000
        ? { ok: false, error: { code: 'unreachable', message: 'the server is away' } }
        : await fake.port.get(ref, call);
    const ports = { kubernetes: { ...fake.port, get } };

    const answer = await withNodeShell({ ...context, ports }, PLACE, async () => await Promise.resolve(1));

    expect(answer).toMatchObject({
      ok: false,
      why: expect.stringContaining(
        'ImagePullBackOff: no such image; it could not be looked at since: the server is away.',
      ),
    });
  });
});
