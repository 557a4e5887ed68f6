import type { ApiObject, Attempt, Fields, PatchType, Refusal, ResourceKind } from '../contracts.ts';
import { kindShape } from './custom-shape.ts';
import { decodingProblem } from './decoding.ts';
import { goValue } from './go-value.ts';
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
  const next = { ...value, apiVersion: textOf(apiVersion), kind: textOf(value['kind']), metadata };
  const problem = decodingProblem(kind, next);
  return problem === null
    ? { ok: true, value: next }
    : { ok: false, refusal: undecodable(shown(type, value, patch), problem) };
}

/** The refusal of a patch that makes an object of wrong types. */
function undecodable(text: string, problem: string): Refusal {
  const message = `Invalid value: ${JSON.stringify(text)}: ${problem}`;
  const causes = [{ reason: 'FieldValueInvalid', message, field: 'patch' }];
  return { status: 422, reason: 'Invalid', message: ` "" is invalid: patch: ${message}`, causes };
}

/** What such a refusal shows: of a strategic patch the patch in Go's form, else the whole object. */
function shown(type: PatchType, value: Fields, patch: unknown): string {
  return type === 'strategic' ? goValue(patch) : JSON.stringify(inPatchOrder(value, patch));
}

/** The server's library writes objects that a patch goes into in alphabetical order, and others as they were. */
function inPatchOrder(value: unknown, patch: unknown): unknown {
  if (!isFields(value) || !isFields(patch)) return value;
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, inPatchOrder(inner, patch[name])]));
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
