import type { AdmissionRequest, ApiObject, Attempt } from '../contracts.ts';
import type { Call } from './core.ts';
import { namespaceLifecycle } from './namespaces.ts';
import { textAt } from './reading.ts';
import { done } from './refusals.ts';

/** Asks every admission in turn; the object goes from one to the next. */
export async function admitted(
  call: Call,
  write: Pick<AdmissionRequest, 'operation' | 'object' | 'old' | 'dryRun'>,
): Promise<Attempt<ApiObject>> {
  let { object } = write;
  const lifecycle = await namespaceLifecycle(call, write.operation, textAt(object, 'metadata', 'name'));
  if (!lifecycle.ok) return lifecycle;
  for (const admission of call.core.admission) {
    const { kind, namespace, subresource, user, core } = call;
    const name = call.name || textAt(object, 'metadata', 'name');
    const request: AdmissionRequest = {
      ...write,
      object,
      kind,
      namespace,
      name,
      subresource,
      user,
      api: core.api,
      warn: (text) => call.warn(text),
    };
    const answer = await admission(request);
    if (!answer.ok) return answer;
    object = answer.value;
  }
  return done(object);
}
