import { defragSuite, lateDefragSuite } from './defrag-suite.ts';
import { readSuite } from './read-suite.ts';
import { TUNNEL_3_5 } from './real-ring.ts';
import { spaceSuite } from './space-suite.ts';

readSuite(TUNNEL_3_5);
defragSuite(TUNNEL_3_5);
lateDefragSuite(TUNNEL_3_5);
spaceSuite(TUNNEL_3_5);
