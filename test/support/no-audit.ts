import type { AuditDesk, AuditView } from '../../src/core/audit-view.ts';

/** A view of an audit log in which nothing is. */
export const emptyAudit: AuditView = {
  newest: async () => ({ entries: [], more: false, looked: 0 }),
  export: async () => await Promise.reject(new Error('nothing is exported here')),
};

/** A desk that shows everybody {@link emptyAudit}. */
export const noAudit: AuditDesk = { viewFor: () => emptyAudit };
