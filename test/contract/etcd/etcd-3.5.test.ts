import { defragSuite, lateDefragSuite } from './defrag-suite.ts';
import { faultSuite } from './fault-suite.ts';
import { readSuite } from './read-suite.ts';
import { ETCD_3_5 } from './real-ring.ts';
import { spaceSuite } from './space-suite.ts';

readSuite(ETCD_3_5);
defragSuite(ETCD_3_5);
lateDefragSuite(ETCD_3_5);
spaceSuite(ETCD_3_5);
faultSuite(ETCD_3_5);
