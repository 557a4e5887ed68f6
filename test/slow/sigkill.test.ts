import { describe } from 'vitest';
import { TRIGGER_POINTS } from '../../src/core/ports/runtime.ts';
import { sigkillSuite } from '../support/sigkill-suite.ts';

describe('a real worker killed with SIGKILL at every trigger point', () => {
  sigkillSuite(TRIGGER_POINTS);
});
