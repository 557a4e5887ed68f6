import { defragSuite, lateDefragSuite } from './defrag-suite.ts';
import { faultSuite } from './fault-suite.ts';
import { readSuite } from './read-suite.ts';
import { ETCD_3_4 } from './real-ring.ts';
import { spaceSuite } from './space-suite.ts';

readSuite(ETCD_3_4);
defragSuite(ETCD_3_4);
lateDefragSuite(ETCD_3_4);
spaceSuite(ETCD_3_4);
faultSuite(ETCD_3_4);
