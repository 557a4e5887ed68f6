import { defragSuite, lateDefragSuite } from './defrag-suite.ts';
import { FAKE } from './fake-ring.ts';
import { faultSuite } from './fault-suite.ts';
import { memberSuite } from './member-suite.ts';
import { readSuite } from './read-suite.ts';
import { snapshotSuite } from './snapshot-suite.ts';
import { spaceSuite } from './space-suite.ts';

readSuite(FAKE);
defragSuite(FAKE);
lateDefragSuite(FAKE);
spaceSuite(FAKE);
faultSuite(FAKE);
snapshotSuite(FAKE);
memberSuite(FAKE);
