import type { ApiObject, Attempt, PatchType, ResourceKind } from '../contracts.ts';
import { kindShape } from './custom-shape.ts';
import { isFields, textOf } from './json.ts';
import { jsonPatched, type Patching, unprocessable } from './json-patch.ts';
import { mergePatched } from './merge-patch.ts';
import { strategicPatched } from './strategic-patch.ts';

/** The object after a JSON, merge or strategic merge patch. */
export function patched(
  kind: ResourceKind,
  type: Exclude<PatchType, 'apply'>,
  live: ApiObject,
  patch: unknown,
): Attempt<ApiObject> {
  const outcome = byType(kind, type, live, patch);
  if (!outcome.ok) return outcome;
  const { value } = outcome;
  if (!isFields(value) || !isFields(value['metadata'])) return { ok: false, refusal: unprocessable };
  const { apiVersion, metadata } = value;
  return { ok: true, value: { ...value, apiVersion: textOf(apiVersion), kind: textOf(value['kind']), metadata } };
}

function byType(kind: ResourceKind, type: Exclude<PatchType, 'apply'>, live: ApiObject, patch: unknown): Patching {
  switch (type) {
    case 'json':
      return jsonPatched(live, patch);
    case 'merge':
      if (!isFields(patch)) {
        const message = `error decoding patch: json: cannot unmarshal ${Array.isArray(patch) ? 'array' : typeof patch} into Go value of type map[string]interface {}`;
        return { ok: false, refusal: { status: 400, reason: 'BadRequest', message } };
      }
      return { ok: true, value: mergePatched(live, patch) };
    case 'strategic':
      return strategicPatched(kindShape(kind), live, patch);
  }
}
