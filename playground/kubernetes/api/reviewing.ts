import type { Attempt } from '../contracts.ts';
import type { Answer, Call } from './core.ts';
import type { ReviewKind } from './kinds.ts';
import { readBody } from './media.ts';
import { done, methodNotAllowed, noSuchResource, refused } from './refusals.ts';
import { dryRunOf } from './write-options.ts';

/** Asks the handler of a review; such objects are answered, never stored. */
export async function review(call: Omit<Call, 'kind'> & { readonly kind: ReviewKind }): Promise<Attempt<Answer>> {
  const { core, kind, namespace, name, subresource, query, user, agent, verb } = call;
  if (verb !== 'create' || name !== '') return refused(methodNotAllowed);
  const handler = core.handlers[kind.plural];
  if (handler === undefined) return refused(noSuchResource);
  const dryRun = dryRunOf(query.getAll('dryRun'), 'CreateOptions');
  if (!dryRun.ok) return dryRun;
  const read = readBody(call.body, call.contentType, kind.kind);
  if (!read.ok) return read;
  const body = read.value.value;
  const answer = await handler({
    verb,
    kind,
    namespace,
    name,
    subresource,
    query,
    body,
    user,
    agent,
    dryRun: dryRun.value,
    api: core.api,
  });
  if (!answer.ok) return answer;
  return done({ is: 'object', status: answer.value.status, body: Object(answer.value.body) });
}
