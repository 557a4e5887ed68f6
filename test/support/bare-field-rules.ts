import type { ApiObject, Attempt, FieldRules } from '../../playground/kubernetes/contracts.ts';

/** Rules of fields that know no kind: nothing is defaulted, refused or tracked; only merge patches work. */
export const bareFieldRules: FieldRules = {
  defaulted: (_kind, object) => object,
  problems: () => [],
  unknownFields: () => [],
  patched(_kind, type, live, patch): Attempt<ApiObject> {
    if (type !== 'merge') throw new Error(`these rules know no ${type} patch`);
    return { ok: true, value: { ...live, ...fields(merged(live, patch)) } };
  },
  applied: (_kind, live, applied) => ({ ok: true, value: { ...live, ...applied } }),
  tracked: (_kind, _live, next) => next,
};

function merged(value: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...fields(value) };
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete result[name];
    else result[name] = merged(result[name], change);
  }
  return result;
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
