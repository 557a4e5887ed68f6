import { defragSuite } from '../contract/etcd/defrag-suite.ts';
import { faultSuite } from '../contract/etcd/fault-suite.ts';
import { readSuite } from '../contract/etcd/read-suite.ts';
import { EXEC_3_4 } from '../contract/etcd/real-ring.ts';
import { spaceSuite } from '../contract/etcd/space-suite.ts';

readSuite(EXEC_3_4);
defragSuite(EXEC_3_4);
spaceSuite(EXEC_3_4);
faultSuite(EXEC_3_4);
