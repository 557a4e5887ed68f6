import { createFakeKubernetes } from '../../fakes/kubernetes.ts';
import { applySuite } from './apply-suite.ts';
import type { Target } from './cluster-under-test.ts';
import { evictionSuite } from './eviction-suite.ts';
import { readSuite, reviewSuite } from './read-suite.ts';
import { writeSuite } from './write-suite.ts';

const FAKE: Target = {
  name: 'fake',
  async start() {
    const fake = createFakeKubernetes();
    const { port } = fake;
    fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'drydock-contract' } });
    return { port, namespace: 'drydock-contract', hasControllers: false, stop: () => port.close() };
  },
};

readSuite(FAKE);
reviewSuite(FAKE);
writeSuite(FAKE);
applySuite(FAKE);
evictionSuite(FAKE);
