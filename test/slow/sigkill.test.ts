import { describe } from 'vitest';
import { TRIGGER_POINTS } from '../../src/core/ports/runtime.ts';
import { sideBySide } from '../support/side-by-side.ts';
import { sigkillSuite } from '../support/sigkill-suite.ts';

/** A successor finds most runs by the sweep, which lets 5 s pass first: that is waited for beside one another. */
const GROUPS = [0, 1, 2];

describe('a real worker killed with SIGKILL at every trigger point', () => {
  for (const group of GROUPS) {
    sideBySide(`every third point, from number ${group + 1} on`, () => {
      sigkillSuite(TRIGGER_POINTS.filter((_, at) => at % GROUPS.length === group));
    });
  }
});
