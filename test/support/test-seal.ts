import { createRedact } from '../../src/adapters/log/redact.ts';
import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import { createSeal } from '../../src/core/audit-seal.ts';

/** The seal of audit entries as processes have it; it knows `CANARY-SECRET` as a secret by its value. */
export const testSeal = createSeal(canonicalDigest, createRedact(['CANARY-SECRET']));
