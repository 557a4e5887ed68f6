import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { apiTime, fieldsOf, textAt } from '../api/reading.ts';
import { badRequest, conflict, invalid, methodNotAllowed, refused } from '../api/refusals.ts';
import type { ApiObject, Attempt, FieldRules, Handler, HandlerCall, StatusCause } from '../contracts.ts';
import type { TokenFacts } from './accounts.ts';
import { askedKind, created, refusalOf } from './answers.ts';
import type { TokenClaims } from './tokens.ts';

const GROUP = 'authentication.k8s.io';
const KIND = askedKind(GROUP, 'TokenRequest');
const HOUR_S = 3_600;
const LEAST_S = 600;
const MOST_S = 2 ** 32;

const Spec = z.object({
  audiences: z.array(z.string()).nullish(),
  expirationSeconds: z.number().int().nullish(),
  boundObjectRef: z
    .object({ kind: z.string(), name: z.string(), uid: z.string().default(''), apiVersion: z.string().default('v1') })
    .nullish(),
});

/** `serviceaccounts/token`: signs a token for an account that is there. */
export function tokenRequests(facts: TokenFacts, rules: FieldRules): Handler {
  return async (call) => {
    if (call.verb !== 'create') return refused(methodNotAllowed);
    const base = `/api/v1/namespaces/${call.namespace}`;
    const found = await facts.api.request({ method: 'GET', path: `${base}/serviceaccounts/${call.name}` });
    if (found.status !== 200) return refused(refusalOf(found));
    const spec = Spec.safeParse(fieldsOf(fieldsOf(call.body)['spec']));
    if (!spec.success) return refused(badRequest('TokenRequest in version "v1" cannot be handled as a TokenRequest'));
    const seconds = spec.data.expirationSeconds ?? HOUR_S;
    const problem = lifetimeProblem(seconds);
    if (problem !== null) return refused(invalid(KIND, textAt(call.body, 'metadata', 'name'), [problem]));
    const bound = await boundTo(call, spec.data.boundObjectRef ?? null);
    if (!bound.ok) return bound;
    const account = { name: call.name, uid: textAt(found.body, 'metadata', 'uid') };
    const audiences = (spec.data.audiences ?? []).length === 0 ? [facts.issuer] : (spec.data.audiences ?? []);
    const now = Math.floor(Date.now() / 1000);
    const token = facts.key.signed({
      iss: facts.issuer,
      aud: audiences,
      sub: `system:serviceaccount:${call.namespace}:${call.name}`,
      jti: randomUUID(),
      iat: now,
      nbf: now,
      exp: now + seconds,
      'kubernetes.io': { namespace: call.namespace, serviceaccount: account, ...bound.value },
    });
    const asked = { apiVersion: `${GROUP}/v1`, kind: 'TokenRequest', metadata: {}, spec: fieldsOf(call.body)['spec'] };
    const { managedFields } = trackedMetadata(rules, call, asked);
    return created({
      ...asked,
      metadata: {
        name: call.name,
        namespace: call.namespace,
        uid: account.uid,
        creationTimestamp: apiTime(),
        managedFields,
      },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec.data.boundObjectRef ?? null },
      status: { token, expirationTimestamp: apiTime(new Date((now + seconds) * 1000)) },
    });
  };
}

function trackedMetadata(rules: FieldRules, call: HandlerCall, asked: ApiObject): ApiObject['metadata'] {
  const who = { manager: call.query.get('fieldManager') ?? call.agent, subresource: 'token', time: apiTime() };
  return rules.tracked(KIND, null, asked, who).metadata;
}

function lifetimeProblem(seconds: number): StatusCause | null {
  const why =
    seconds < LEAST_S
      ? 'may not specify a duration less than 10 minutes'
      : seconds > MOST_S
        ? 'may not specify a duration larger than 2^32 seconds'
        : null;
  if (why === null) return null;
  return {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${seconds}: ${why}`,
    field: 'spec.expirationSeconds',
  };
}

type BoundClaims = Pick<TokenClaims['kubernetes.io'], 'pod' | 'secret' | 'node'>;

async function boundTo(
  call: HandlerCall,
  reference: NonNullable<z.infer<typeof Spec>['boundObjectRef']> | null,
): Promise<Attempt<BoundClaims>> {
  if (reference === null) return { ok: true, value: {} };
  const plural = { Pod: 'pods', Secret: 'secrets' }[reference.kind];
  if (plural === undefined) return refused(badRequest(`cannot bind token to object of type ${reference.kind}`));
  const path = `/api/v1/namespaces/${call.namespace}/${plural}/${reference.name}`;
  const found = await call.api.request({ method: 'GET', path });
  if (found.status !== 200) return refused(refusalOf(found));
  const uid = textAt(found.body, 'metadata', 'uid');
  if (reference.uid !== '' && reference.uid !== uid) {
    const why = `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    return refused(conflict({ group: '', plural, kind: reference.kind }, reference.name, why));
  }
  const bound = { name: reference.name, uid };
  if (reference.kind === 'Secret') return { ok: true, value: { secret: bound } };
  if (textAt(found.body, 'spec', 'serviceAccountName') !== call.name) {
    const why = `cannot bind token for serviceaccount "${call.name}" to pod running with different serviceaccount name.`;
    return refused(badRequest(why));
  }
  return { ok: true, value: { pod: bound } };
}
