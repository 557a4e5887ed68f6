import { clusterFaultSuite } from '../support/cluster-suite.ts';

clusterFaultSuite('exec');
