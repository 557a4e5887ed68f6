import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import { startApiScene } from '../../support/api-scene.ts';
import { kubeconfigText } from '../../support/scripted-api.ts';
import { type ClusterUnderTest, makeNamespace, type Target } from './cluster-under-test.ts';

/** The playground's API server over a real etcd, without controllers and nodes. */
export const API_SERVER: Target = {
  name: 'adapter on the playground API server',
  async start(): Promise<ClusterUnderTest> {
    const scene = await startApiScene();
    const { ca, cert, key } = scene.admin;
    const user = { 'client-certificate': cert, 'client-key': key };
    const kubeconfig = join(scene.ring.directory, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigText({ server: scene.server().url, 'certificate-authority': ca }, user));
    const port = openKubernetes({ kubeconfig, environment: {} });
    const namespace = await makeNamespace(port);
    return {
      port,
      namespace,
      hasControllers: false,
      async stop() {
        await port.close();
        await scene.stop();
      },
    };
  },
};
