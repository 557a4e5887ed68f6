import { clusterSpaceSuite } from '../support/cluster-space-suite.ts';

clusterSpaceSuite('tunnel');
