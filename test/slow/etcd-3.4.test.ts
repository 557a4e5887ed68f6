import { defragSuite, lateDefragSuite } from '../contract/etcd/defrag-suite.ts';
import { faultSuite } from '../contract/etcd/fault-suite.ts';
import { readSuite } from '../contract/etcd/read-suite.ts';
import { ETCD_3_4 } from '../contract/etcd/real-ring.ts';
import { spaceSuite } from '../contract/etcd/space-suite.ts';

readSuite(ETCD_3_4);
defragSuite(ETCD_3_4);
lateDefragSuite(ETCD_3_4);
spaceSuite(ETCD_3_4);
faultSuite(ETCD_3_4);
