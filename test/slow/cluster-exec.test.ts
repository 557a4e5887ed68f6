import { clusterFaultSuite, clusterSuite } from '../support/cluster-suite.ts';

clusterSuite('exec');
clusterFaultSuite('exec');
