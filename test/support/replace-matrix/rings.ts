import type { MemberId } from '../../../src/core/ports/etcd.ts';
import { type KubeadmScene, kubeadmScene, MANIFEST } from '../kubeadm-scene.ts';
import { type ReplaceScene, type ReplaceSceneOptions, replaceScene } from '../replace-scene.ts';
import { hasShell, type MatrixScene, paramsOf, SHORT, wordsOf } from './scene.ts';

const NEW_URL = 'https://10.0.0.14:2380';

/** Whoever was added and never started is started now, under this name. */
function startAdded({ harness: { etcd } }: ReplaceScene, name: string): void {
  const added = etcd.ring.members.find((each) => each.name === '' && each.isLearner);
  if (added !== undefined) etcd.startAdded(added.id, name);
}

function ofRing(scene: ReplaceScene, targetId: MemberId, some: Partial<MatrixScene> = {}): MatrixScene {
  const { etcd } = scene.harness;
  const { service } = scene.machine('m-2');
  return {
    harness: scene.harness,
    params: paramsOf('m-2'),
    targetId,
    other: 'm-3',
    person: () => startAdded(scene, 'm-2'),
    left: () =>
      wordsOf({
        'a learner in the list': etcd.ring.members.some(({ isLearner }) => isLearner),
        'the key of the write probe': etcd.ring.data.size > 0,
        'a service that runs is disabled': service.unitFile === 'disabled' && service.active === 'active',
      }),
    ...some,
  };
}

function ring(options: ReplaceSceneOptions = {}): ReplaceScene {
  return replaceScene({ ...options, replace: SHORT });
}

/** `m-2` crash-loops on a host that lets us in. */
export function ringPlace(): MatrixScene {
  const scene = ring();
  scene.breakData('m-2');
  const made = ofRing(scene, scene.harness.etcd.member('m-2').id);
  const off = () => scene.machine('m-2').service.unitFile !== 'enabled';
  return { ...made, left: () => [...made.left(), ...wordsOf({ 'the service is disabled': off() })] };
}

/** `m-2` leads, and has other data than the others. */
export function ringPlaceLeads(): MatrixScene {
  const scene = ring({ members: [{}, { damaged: true }, {}], etcd: { leader: 'm-2' } });
  const { etcd } = scene.harness;
  const start = scene.machine('m-2').onStart;
  scene.machine('m-2').onStart = (settings) => {
    start(settings);
    if (etcd.ring.members.some(({ name }) => name === 'm-2')) etcd.member('m-2').damaged = false;
  };
  return ofRing(scene, etcd.member('m-2').id);
}

/** The host of `m-2` is gone; a person builds it. */
export function ringHost(): MatrixScene {
  const scene = ring({ access: 'none' });
  scene.harness.etcd.kill('m-2');
  return ofRing(scene, scene.harness.etcd.member('m-2').id);
}

/** All are well; `m-2`, which leads, makes way for a member elsewhere. */
export function swapOfRing(): MatrixScene {
  const scene = ring({ etcd: { leader: 'm-2' } });
  const params = paramsOf('m-2', { overHealthy: true, peerUrl: NEW_URL });
  return ofRing(scene, scene.harness.etcd.member('m-2').id, { params, person: () => startAdded(scene, 'm-4') });
}

/** Somebody added `m-4` as a voter and never started it. */
export function dropUnstarted(): MatrixScene {
  const unstarted = { name: '', health: 'down', clientUrls: [] } as const;
  const scene = ring({ members: [{}, {}, {}, unstarted] });
  const id = scene.harness.etcd.ring.members[3]?.id ?? '';
  return ofRing(scene, id, { params: paramsOf(id) });
}

/** `m-4` is a learner that nobody promotes. */
export function dropLearner(): MatrixScene {
  const scene = ring({ members: [{}, {}, {}, { isLearner: true }] });
  return ofRing(scene, scene.harness.etcd.member('m-4').id, { params: paramsOf('m-4') });
}

function ofKubeadm(scene: KubeadmScene, some: Partial<MatrixScene> = {}): MatrixScene {
  const { harness, fake } = scene;
  return {
    harness,
    params: paramsOf('cp-2'),
    targetId: harness.etcd.member('cp-2').id,
    other: 'cp-3',
    person: () => join(scene),
    left: () =>
      wordsOf({
        'a learner in the list': harness.etcd.ring.members.some(({ isLearner }) => isLearner),
        'a shell on a node': hasShell(fake),
      }),
    ...some,
  };
}

/** A person joins `cp-4`; kubeadm leaves its member a learner. */
function join({ harness: { etcd }, fake }: KubeadmScene): void {
  fake.put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'cp-4', labels: { 'node-role.kubernetes.io/control-plane': '' } },
    status: {
      addresses: [{ type: 'InternalIP', address: '10.0.0.14' }],
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    },
  });
  etcd.addLearner({ name: 'cp-4' });
}

/** `cp-2` crash-loops on a node that is well. */
export function kubeadmPlace(): MatrixScene {
  const scene = kubeadmScene({ replace: SHORT });
  const made = ofKubeadm(scene);
  const aside = () => scene.machine('cp-2').read(MANIFEST) === null;
  return { ...made, left: () => [...made.left(), ...wordsOf({ 'the manifest is aside': aside() })] };
}

/** The node of `cp-2` is gone; a person joins `cp-4`. */
export function kubeadmHost(): MatrixScene {
  const scene = kubeadmScene({ sick: null, replace: SHORT });
  scene.lose('cp-2');
  return ofKubeadm(scene);
}

/** All are well; `cp-2` makes way for `cp-4`. */
export function swapOfNode(): MatrixScene {
  const scene = kubeadmScene({ sick: null, replace: SHORT });
  return ofKubeadm(scene, { params: paramsOf('cp-2', { overHealthy: true }) });
}
