import { clusterSuite } from '../support/cluster-suite.ts';

clusterSuite('tunnel');
