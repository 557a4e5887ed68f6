import { defragSuite } from './defrag-suite.ts';
import { readSuite } from './read-suite.ts';
import { EXEC_3_5 } from './real-ring.ts';
import { spaceSuite } from './space-suite.ts';

readSuite(EXEC_3_5);
defragSuite(EXEC_3_5);
spaceSuite(EXEC_3_5);
