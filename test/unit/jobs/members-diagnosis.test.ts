import { describe, expect, test } from 'vitest';
import { conditionsIn, type DiagnosisScene, kubeadmScene, putNode, ringScene } from '../../support/diagnosis-scene.ts';

const LOOPING = {
  ready: false,
  restartCount: 12,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 2, finishedAt: '1970-01-01T00:00:00Z' } },
};

const WELL = { 'cp-1': 'healthy', 'cp-2': 'healthy', 'cp-3': 'healthy' };

describe('on kubeadm', () => {
  test('all well: one look, no question beside those that every look asks', async () => {
    const scene = kubeadmScene();
    const report = await scene.report();

    expect(conditionsIn(report)).toEqual(WELL);
    expect(report).toMatchObject({ healthy: true, notes: [], summary: '3 of 3 members are healthy, cp-1 leads.' });
    expect(report.tables[0]?.columns.slice(0, 4)).toEqual(['Member', 'ID', 'Condition', 'On']);
    expect(scene.etcd.calls.filter(({ method }) => method === 'status')).toHaveLength(3);
    expect(scene.etcd.calls.filter(({ method }) => method === 'peers')).toEqual([]);
    expect(new Set(scene.kubernetes.calls.map(({ method }) => method))).toEqual(new Set(['list']));
  });

  const rows: [string, (scene: DiagnosisScene) => void, string, string][] = [
    [
      'crash-looping, and its log says why',
      (scene) => {
        scene.etcd.kill('cp-2');
        putNode(scene.kubernetes, 'cp-2', { etcd: LOOPING });
        scene.kubernetes.programs({ logs: () => 'panic: failed to open WAL: walpb: crc mismatch token=hunter2' });
      },
      'crash-looping',
      'pod etcd-cp-2: CrashLoopBackOff, 12 restarts, last exit code 2; status: no connection; cp-1 and cp-3 are not connected to it; its log says that its own files are damaged.',
    ],
    [
      'node not ready',
      (scene) => {
        scene.etcd.kill('cp-2');
        putNode(scene.kubernetes, 'cp-2', { ready: 'Unknown' });
      },
      'node not ready',
      'node cp-2 does not report any more, for',
    ],
    [
      'the kubelet alone is silent, the member votes',
      (scene) => putNode(scene.kubernetes, 'cp-2', { ready: 'Unknown' }),
      'healthy',
      'Seen: it follows in term 2, 0 entries behind; node cp-2 does not report any more',
    ],
    [
      'no pod on a ready node',
      (scene) => {
        scene.etcd.kill('cp-2');
        putNode(scene.kubernetes, 'cp-2', { etcd: null });
      },
      'not running',
      'node cp-2 is ready and has no etcd pod',
    ],
    [
      'our way to it',
      (scene) => scene.etcd.cut('cp-2'),
      'unreachable for us, but voting',
      'cp-1 and cp-3 are connected to it',
    ],
    [
      'other data at the same revision',
      (scene) => void (scene.etcd.member('cp-2').damaged = true),
      'other data than the others',
      'it has other data than cp-1 and cp-3 at revision 100',
    ],
    ['a slow disk', (scene) => void (scene.etcd.member('cp-2').fsyncP99Ms = 250), 'disk slow', 'only within 250 ms'],
    [
      'lagging in both looks',
      ({ etcd }) => {
        etcd.ring.raftIndex = 9000n;
        etcd.member('cp-2').lag = 5000n;
      },
      'lagging',
      'it is 5000 entries behind, 5000 in the look before',
    ],
    [
      'a kubelet that may not be asked for logs',
      (scene) => {
        scene.etcd.kill('cp-2');
        putNode(scene.kubernetes, 'cp-2', { etcd: LOOPING });
        scene.kubernetes.forbid({ verb: 'get', resource: 'pods/log' });
      },
      'crash-looping',
      'The log of etcd-cp-2 could not be read:',
    ],
    [
      'nodes that may not be listed',
      (scene) => {
        scene.etcd.kill('cp-2');
        scene.kubernetes.forbid({ verb: 'list', resource: 'nodes' });
      },
      'not running',
      'The nodes could not be read:',
    ],
  ];

  test.each(rows)('%s', async (_name, disturb, condition, words) => {
    const scene = kubeadmScene();
    disturb(scene);
    const report = await scene.report();

    expect(conditionsIn(report)).toEqual({ ...WELL, 'cp-2': condition });
    expect(report.notes.join('\n')).toContain(words);
    expect(JSON.stringify(report)).not.toContain('hunter2');
  });
});

describe('on a bare ring', () => {
  test('all well, on their hosts', async () => {
    const report = await ringScene().report();

    expect(report).toMatchObject({ healthy: true, notes: [] });
    expect(report.tables[0]?.rows.map((row) => row.slice(0, 4))).toMatchObject([
      ['m-1', expect.any(String), 'healthy', '10.0.0.11'],
      ['m-2', expect.any(String), 'healthy', '10.0.0.12'],
      ['m-3', expect.any(String), 'healthy', '10.0.0.13'],
    ]);
  });

  const rows: [string, (scene: DiagnosisScene) => void, string, string][] = [
    [
      'its service is started again and again',
      ({ etcd, hosts }) => {
        etcd.kill('m-2');
        const machine = hosts.machine('10.0.0.12');
        machine.service.fate = 'crashes';
        machine.service.log.push('panic: failed to open WAL: walpb: crc mismatch');
        machine.crash();
      },
      'crash-looping',
      'its log says that its own files are damaged',
    ],
    [
      'its service was stopped',
      ({ etcd, hosts }) => {
        etcd.kill('m-2');
        hosts.machine('10.0.0.12').stop();
      },
      'not running',
      'etcd.service is inactive (dead); m-1 and m-3 are not connected to it; status: no connection',
    ],
    [
      'its host is off',
      ({ etcd, hosts }) => {
        etcd.kill('m-2');
        hosts.machine('10.0.0.12').powerOff();
      },
      'not running',
      'm-1 and m-3 are not connected to it',
    ],
    [
      'no room on its host',
      ({ etcd, hosts }) => {
        etcd.kill('m-2');
        const machine = hosts.machine('10.0.0.12');
        machine.freeBytes = 4096;
        machine.stop();
      },
      'disk full',
      '4.0 KiB are free on its data volume',
    ],
    ['frozen', ({ etcd }) => etcd.freeze('m-2'), 'not running', 'm-1 and m-3 are not connected to it'],
    ['our way to it', ({ etcd }) => etcd.cut('m-2'), 'unreachable for us, but voting', 'm-1 and m-3 are connected'],
    [
      'nobody shows metrics',
      ({ etcd }) => {
        for (const each of etcd.ring.members) each.showsMetrics = false;
        etcd.kill('m-2');
      },
      'silent',
      'is: the metrics of another member',
    ],
    [
      'somebody else answers at its address',
      ({ etcd }) => etcd.answerAs('m-2', 'abc123'),
      'unreachable for us, but voting',
      'member abc123 answered there',
    ],
  ];

  test.each(rows)('%s', async (_name, disturb, condition, words) => {
    const scene = ringScene();
    disturb(scene);
    const report = await scene.report();

    expect(conditionsIn(report)).toEqual({ 'm-1': 'healthy', 'm-2': condition, 'm-3': 'healthy' });
    expect(report.notes.join('\n')).toContain(words);
  });

  test('two of three down: the one that answers takes no part, and nothing is called healthy', async () => {
    const scene = ringScene();
    scene.etcd.kill('m-2');
    scene.etcd.kill('m-3');
    const report = await scene.report();

    expect(report).toMatchObject({ healthy: false, summary: 'The ring has no quorum: it takes no writes.' });
    expect(conditionsIn(report)).toMatchObject({ 'm-1': 'answers, but not as it should' });
  });

  test('a learner stands as that; large data are not compared, and that is said', async () => {
    const scene = ringScene();
    scene.etcd.addLearner();
    for (const each of scene.etcd.ring.members) each.dbSizeInUseBytes = 1024 ** 3;
    const report = await scene.report();

    expect(conditionsIn(report)['m-4']).toBe('learner');
    expect(report.notes).toContainEqual(expect.stringContaining('a hash of so much holds up writes'));
    expect(scene.etcd.calls.filter(({ method }) => method === 'hash')).toEqual([]);
  });
});
