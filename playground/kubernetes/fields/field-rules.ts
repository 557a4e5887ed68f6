import type { ApiObject, FieldRules, ResourceKind } from '../contracts.ts';
import { applied } from './applied.ts';
import { customDefaulted } from './custom-defaults.ts';
import { kindShape } from './custom-shape.ts';
import { decodingProblem } from './decoding.ts';
import { builtInDefaults } from './defaults/kinds.ts';
import { asSent } from './empty-values.ts';
import { fieldsOf } from './json.ts';
import { patched } from './patched.ts';
import { tracked } from './tracked.ts';
import { unknownFields } from './unknown-fields.ts';
import { problems } from './validation/kinds.ts';

/** The field rules of the simulated API server. */
export function createFieldRules(): FieldRules {
  return {
    defaulted,
    problems,
    decodingProblem,
    unknownFields,
    patched,
    applied(kind, live, configuration, who) {
      const outcome = applied(kind, live, configuration, who);
      return outcome.ok ? { ok: true, value: defaulted(kind, outcome.value) } : outcome;
    },
    tracked,
  };
}

function defaulted(kind: ResourceKind, object: ApiObject): ApiObject {
  if (kind.schema !== null) return customDefaulted(kind.schema, object);
  const sent = builtInDefaults(kind, fieldsOf(asSent(kindShape(kind), object)));
  return { ...sent, apiVersion: object.apiVersion, kind: object.kind, metadata: fieldsOf(sent['metadata']) };
}
