import { z } from 'zod';
import { apiTime, fieldsOf } from '../api/reading.ts';
import { badRequest, refused } from '../api/refusals.ts';
import type { FieldRules, Fields, Handler, HandlerCall, User } from '../contracts.ts';
import { recognised, type TokenFacts } from './accounts.ts';
import { askedKind, created } from './answers.ts';

const GROUP = 'authentication.k8s.io';
const TokenSpec = z.object({ token: z.string().default(''), audiences: z.array(z.string()).nullish() });

/** The reviews that ask who somebody is. */
export function identityReviews(facts: TokenFacts, rules: FieldRules): Readonly<Record<string, Handler>> {
  return { selfsubjectreviews: whoAmI, tokenreviews: (call) => tokenReview(facts, rules, call) };
}

function whoAmI({ user }: HandlerCall): ReturnType<Handler> {
  return Promise.resolve(
    created({
      kind: 'SelfSubjectReview',
      apiVersion: `${GROUP}/v1`,
      metadata: { creationTimestamp: apiTime() },
      status: { userInfo: infoOf(user) },
    }),
  );
}

async function tokenReview(facts: TokenFacts, rules: FieldRules, call: HandlerCall): ReturnType<Handler> {
  const spec = fieldsOf(fieldsOf(call.body)['spec']);
  const read = TokenSpec.safeParse(spec);
  if (!read.success || read.data.token === '')
    return refused(badRequest('token is required for TokenReview in authentication'));
  const { token, audiences } = read.data;
  const wanted = (audiences ?? []).length === 0 ? [facts.issuer] : (audiences ?? []);
  const found = await recognised(facts, token, wanted);
  const question = { kind: 'TokenReview', apiVersion: `${GROUP}/v1`, metadata: {}, spec };
  const who = { manager: call.query.get('fieldManager') ?? call.agent, subresource: '', time: apiTime() };
  return created({
    ...rules.tracked(askedKind(GROUP, 'TokenReview'), null, question, who),
    status: found.ok
      ? { authenticated: true, user: infoOf(found.user), audiences: found.audiences }
      : { user: {}, error: found.problem },
  });
}

function infoOf({ name, uid, groups, extra }: User): Fields {
  return {
    username: name,
    ...(uid === '' ? {} : { uid }),
    groups,
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
