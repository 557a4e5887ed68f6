import { faultSuite } from '../contract/etcd/fault-suite.ts';
import { TUNNEL_3_5 } from '../contract/etcd/real-ring.ts';

faultSuite(TUNNEL_3_5);
