import { describe, expect, it } from 'vitest';
import { identityLocks, locksConflict, ringLock } from '../../../src/core/lock.ts';

describe('locks by identity', () => {
  it('make two names for one ring exclude each other', () => {
    const [a] = identityLocks([ringLock('prod')], 'prod', 'e2098186d83ec132');
    const [b] = identityLocks([ringLock('prod-etcd')], 'prod-etcd', 'e2098186d83ec132');

    expect(a).toBe('identity/e2098186d83ec132/etcd');
    expect(locksConflict(a ?? 'none', b ?? 'other')).toBe(true);
    expect(locksConflict(ringLock('prod'), ringLock('prod-etcd'))).toBe(false);
  });

  it('keep the hierarchy, and other rings apart', () => {
    expect(identityLocks(['cluster/prod'], 'prod', 'a')).toEqual(['identity/a']);
    expect(locksConflict('identity/a', 'identity/a/etcd')).toBe(true);
    expect(locksConflict('identity/a/etcd', 'identity/ab/etcd')).toBe(false);
    expect(identityLocks([ringLock('prod')], 'prod', '')).toEqual([]);
    expect(identityLocks(['other/x'], 'prod', 'a')).toEqual([]);
  });
});
