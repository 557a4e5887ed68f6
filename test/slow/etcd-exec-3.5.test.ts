import { defragSuite } from '../contract/etcd/defrag-suite.ts';
import { readSuite } from '../contract/etcd/read-suite.ts';
import { EXEC_3_5 } from '../contract/etcd/real-ring.ts';
import { spaceSuite } from '../contract/etcd/space-suite.ts';

readSuite(EXEC_3_5);
defragSuite(EXEC_3_5);
spaceSuite(EXEC_3_5);
