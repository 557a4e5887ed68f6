import { addressSuite } from './address-suite.ts';
import { BINARY_3_4, BINARY_3_5 } from './real-ring.ts';

addressSuite('etcd 3.4', BINARY_3_4);
addressSuite('etcd 3.5', BINARY_3_5);
