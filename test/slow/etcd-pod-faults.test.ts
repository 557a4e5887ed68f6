import { faultSuite } from '../contract/etcd/fault-suite.ts';
import { EXEC_3_5, TUNNEL_3_5 } from '../contract/etcd/real-ring.ts';

faultSuite(EXEC_3_5);
faultSuite(TUNNEL_3_5);
