import { clusterFaultSuite, clusterSuite } from '../support/cluster-suite.ts';

clusterSuite('tunnel');
clusterFaultSuite('tunnel');
