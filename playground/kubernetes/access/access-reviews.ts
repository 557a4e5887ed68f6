import { z } from 'zod';
import { apiTime, fieldsOf } from '../api/reading.ts';
import { badRequest, details, invalid, refused } from '../api/refusals.ts';
import type { Attempt, Attributes, FieldRules, Fields, Handler, HandlerCall, StatusCause, User } from '../contracts.ts';
import { askedKind, created } from './answers.ts';
import { decide } from './authorizing.ts';
import { rulesFor } from './granting.ts';

const GROUP = 'authorization.k8s.io';
const Text = z.string().nullish();

const ResourceAttributes = z.object({
  namespace: Text,
  verb: Text,
  group: Text,
  version: Text,
  resource: Text,
  subresource: Text,
  name: Text,
});
const AccessSpec = z.object({
  resourceAttributes: ResourceAttributes.nullish(),
  nonResourceAttributes: z.object({ path: Text, verb: Text }).nullish(),
  user: Text,
  groups: z.array(z.string()).nullish(),
  uid: Text,
  extra: z.record(z.string(), z.array(z.string())).nullish(),
});
type AccessSpec = z.infer<typeof AccessSpec>;

/** The reviews that ask what somebody may do. */
export function accessReviews(rules: FieldRules): Readonly<Record<string, Handler>> {
  return {
    selfsubjectaccessreviews: (call) => reviewed(rules, call, (_, asker) => asker),
    subjectaccessreviews: (call) => reviewed(rules, call, subjectOf),
    localsubjectaccessreviews: (call) => reviewed(rules, call, subjectOf),
    selfsubjectrulesreviews: rulesReview,
  };
}

async function reviewed(
  rules: FieldRules,
  call: HandlerCall,
  whom: (spec: AccessSpec, asker: User) => User,
): ReturnType<Handler> {
  const written = fieldsOf(fieldsOf(call.body)['spec']);
  const read = AccessSpec.safeParse(written);
  const { kind } = call.kind;
  if (!read.success) return refused(badRequest(`${kind} in version "v1" cannot be handled as a ${kind}`));
  const checked = checkedSpec(call, read.data);
  if (!checked.ok) return checked;
  const { allowed, reason } = await decide(call.api, whom(read.data, call.user), checked.value);
  return created({
    ...fieldsOf(asked(rules, call, { spec: written })),
    spec: written,
    status: { allowed, ...(reason === '' ? {} : { reason }) },
  });
}

/** The question as it is sent back: with whoever wrote it. */
function asked(rules: FieldRules, call: HandlerCall, fields: Fields): Fields {
  const { kind } = call.kind;
  const metadata = call.namespace === '' ? {} : { namespace: call.namespace };
  const question = { kind, apiVersion: `${GROUP}/v1`, metadata, ...fields };
  const manager = call.query.get('fieldManager') ?? call.agent;
  return rules.tracked(askedKind(GROUP, kind), null, question, { manager, subresource: '', time: apiTime() });
}

function subjectOf({ user, groups, uid, extra }: AccessSpec): User {
  return { name: user ?? '', uid: uid ?? '', groups: groups ?? [], extra: extra ?? {} };
}

const ONE_OF = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
const NOT_BOTH = 'cannot be specified in combination with resourceAttributes';

function checkedSpec(call: HandlerCall, spec: AccessSpec): Attempt<Attributes> {
  const causes: StatusCause[] = [];
  const onResource = spec.resourceAttributes ?? null;
  const onPath = spec.nonResourceAttributes ?? null;
  function wrong(field: string, value: string, why: string): void {
    causes.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${why}`, field: `spec.${field}` });
  }
  if (onResource !== null && onPath !== null) wrong('nonResourceAttributes', JSON.stringify(onPath), NOT_BOTH);
  if (onResource === null && onPath === null) wrong('resourceAttributes', 'null', ONE_OF);
  const nobody = (spec.user ?? '') === '' && (spec.groups ?? []).length === 0;
  if (nobody && !call.kind.kind.startsWith('Self'))
    wrong('user', '""', 'at least one of user or group must be specified');
  const local = call.kind.kind.startsWith('Local');
  if (local && (onResource?.namespace ?? '') !== call.namespace)
    wrong('resourceAttributes.namespace', JSON.stringify(onResource?.namespace ?? ''), 'must match metadata.namespace');
  if (causes.length > 0) return refused(invalid({ group: GROUP, kind: '' }, '', causes));
  return { ok: true, value: onResource === null ? pathWish(onPath) : resourceWish(onResource) };
}

function resourceWish(wish: z.infer<typeof ResourceAttributes>): Attributes {
  const { verb, group, version, resource, subresource, namespace, name } = wish;
  return {
    verb: verb ?? '',
    group: group ?? '',
    version: version ?? '',
    resource: resource ?? '',
    subresource: subresource ?? '',
    namespace: namespace ?? '',
    name: name ?? '',
    path: '',
  };
}

function pathWish(wish: AccessSpec['nonResourceAttributes']): Attributes {
  const { verb, path } = wish ?? {};
  return { ...resourceWish({}), verb: verb ?? '', path: path ?? '' };
}

async function rulesReview(call: HandlerCall): ReturnType<Handler> {
  const namespace = z.string().safeParse(fieldsOf(fieldsOf(call.body)['spec'])['namespace']).data ?? '';
  if (namespace === '') return refused(badRequest('no namespace on request'));
  const { rules, problems } = await rulesFor(call.api, call.user, namespace);
  const resourceRules = rules
    .filter((rule) => rule.resources.length > 0)
    .map(({ verbs, apiGroups, resources, resourceNames }) =>
      details({ verbs, apiGroups, resources, resourceNames: resourceNames.length === 0 ? undefined : resourceNames }),
    );
  const nonResourceRules = rules
    .filter((rule) => rule.nonResourceURLs.length > 0)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  const evaluationError = problems.join(', ');
  return created({
    kind: 'SelfSubjectRulesReview',
    apiVersion: `${GROUP}/v1`,
    metadata: {},
    spec: {},
    status: {
      resourceRules,
      nonResourceRules,
      incomplete: problems.length > 0,
      ...(evaluationError === '' ? {} : { evaluationError }),
    },
  });
}
