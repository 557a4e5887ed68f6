import { JsonObject } from '../../src/core/json.ts';
import type { AuditMarks } from '../../src/core/ports/audit-marks.ts';
import type { FakeRunStore } from './run-store.ts';

/** Marks in memory beside a fake run store, whose offices they ask for. */
export function createFakeAuditMarks({ memory }: FakeRunStore): AuditMarks {
  const marks = new Map<string, string>();
  return {
    read: async (name) => {
      const text = marks.get(name);
      return await Promise.resolve(text === undefined ? null : JsonObject.parse(JSON.parse(text)));
    },
    save: async (name, mark, { office, who }) => {
      await Promise.resolve();
      const holder = memory.elected.get(office);
      if (holder?.who !== who || holder.untilMs <= memory.clock.nowMs()) return false;
      marks.set(name, JSON.stringify(mark));
      return true;
    },
  };
}
