import { ETCD_3_4, ETCD_3_5, TUNNEL_3_5 } from '../contract/etcd/real-ring.ts';
import { snapshotSuite } from '../contract/etcd/snapshot-suite.ts';

snapshotSuite(ETCD_3_4);
snapshotSuite(ETCD_3_5);
snapshotSuite(TUNNEL_3_5);
