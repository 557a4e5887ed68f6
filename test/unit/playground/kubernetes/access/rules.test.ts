import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide, decideBy } from '../../../../../playground/kubernetes/access/authorizing.ts';
import { describedRule, missingRights } from '../../../../../playground/kubernetes/access/escalating.ts';
import { grants, type Rule, rulesOf, type Wish } from '../../../../../playground/kubernetes/access/rules.ts';
import type { User } from '../../../../../playground/kubernetes/contracts.ts';

const EMPTY: Rule = { verbs: [], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] };
const WISH: Wish = { verb: 'get', group: '', resource: 'pods', subresource: '', name: 'web-1', path: '' };

function some(...values: readonly string[]): fc.Arbitrary<string[]> {
  return fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 });
}
const anyRule: fc.Arbitrary<Rule> = fc.record({
  verbs: some('*', 'get', 'list', 'create'),
  apiGroups: some('*', '', 'apps'),
  resources: some('*', 'pods', 'pods/log', '*/scale', 'deployments/scale', 'deployments'),
  resourceNames: some('a', 'b'),
  nonResourceURLs: some('*', '/readyz', '/api/*', '/api/v1'),
});
const anyWish: fc.Arbitrary<Wish> = fc.oneof(
  fc.record({
    verb: fc.constantFrom('get', 'list', 'create', 'delete'),
    group: fc.constantFrom('', 'apps', 'batch'),
    resource: fc.constantFrom('pods', 'deployments', 'nodes'),
    subresource: fc.constantFrom('', 'log', 'scale'),
    name: fc.constantFrom('', 'a', 'b', 'c'),
    path: fc.constant(''),
  }),
  fc.record({
    verb: fc.constantFrom('get', 'post'),
    group: fc.constant(''),
    resource: fc.constant(''),
    subresource: fc.constant(''),
    name: fc.constant(''),
    path: fc.constantFrom('/readyz', '/api/v1', '/api', '/metrics'),
  }),
);
const anyRules = fc.array(anyRule, { maxLength: 4 });

async function allows(rules: readonly Rule[], wish: Wish): Promise<boolean> {
  return (await decideBy([{ rules, by: 'x' }], wish)).allowed;
}

test('a rule more never takes a right away', async () => {
  await fc.assert(
    fc.asyncProperty(anyRules, anyRule, anyWish, async (rules, more, wish) => {
      expect(await allows([...rules, more], wish)).toBe((await allows(rules, wish)) || grants(more, wish));
      expect(await allows([more, ...rules], wish)).toBe(await allows([...rules, more], wish));
    }),
  );
});

test('without a rule nothing is allowed, with the rule of everything all is', async () => {
  const everything = [
    { ...EMPTY, verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { ...EMPTY, verbs: ['*'], nonResourceURLs: ['*'] },
  ];
  await fc.assert(
    fc.asyncProperty(anyWish, async (wish) => {
      expect(await allows([], wish)).toBe(false);
      expect(await allows(everything, wish)).toBe(true);
    }),
  );
});

test('names narrow a rule: what it grants with them it also grants without', () => {
  fc.assert(
    fc.property(anyRule, anyWish, (rule, wish) => {
      const free = { ...rule, resourceNames: [] };

      expect(!grants(rule, wish) || grants(free, wish)).toBe(true);
    }),
  );
});

test('whoever lacks no right for a rule is allowed all that it grants', async () => {
  await fc.assert(
    fc.asyncProperty(anyRules, anyRule, anyWish, async (held, wanted, wish) => {
      const lacksNone = missingRights(held, [wanted]).length === 0;

      expect(!lacksNone || !grants(wanted, wish) || (await allows(held, wish))).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('nobody lacks rights that he holds', () => {
  fc.assert(
    fc.property(anyRules, anyRules, (rules, more) => {
      expect(missingRights([...more, ...rules], rules)).toEqual([]);
    }),
  );
});

test.each([
  ['a subresource is not granted with its resource', { resources: ['pods'] }, { subresource: 'log' }, false],
  ['nor the resource with its subresource', { resources: ['pods/log'] }, {}, false],
  ['a subresource of any resource', { resources: ['*/log'] }, { subresource: 'log' }, true],
  ['another group', { resources: ['pods'], apiGroups: ['apps'] }, {}, false],
  ['its name', { resources: ['pods'], resourceNames: ['web-1'] }, {}, true],
  ['another name', { resources: ['pods'], resourceNames: ['web-2'] }, {}, false],
  ['a list asks for no name', { resources: ['pods'], resourceNames: ['web-1'] }, { name: '' }, false],
  ['a path below', { nonResourceURLs: ['/api/*'] }, { resource: '', path: '/api/v1' }, true],
  ['a path is no prefix without the star', { nonResourceURLs: ['/api'] }, { resource: '', path: '/api/v1' }, false],
  ['resources are no paths', { resources: ['*'] }, { resource: '', path: '/readyz' }, false],
])('%s', (_, rule, wish, expected) => {
  expect(grants({ ...EMPTY, verbs: ['get'], apiGroups: [''], ...rule }, { ...WISH, ...wish })).toBe(expected);
});

test('missing rights of one resource are told together, as the server tells them', () => {
  const wanted = rulesOf([{ apiGroups: [''], resources: ['secrets', 'pods'], verbs: ['get', 'list', 'delete'] }]);
  const held = rulesOf([{ apiGroups: [''], resources: ['pods'], verbs: ['*'] }]);

  expect(missingRights(held, wanted).map(describedRule)).toEqual([
    '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list" "delete"]}',
  ]);
});

test('members of system:masters are allowed everything without a look at the roles', async () => {
  const user: User = { name: 'root', uid: '', groups: ['system:masters'], extra: {} };
  const api = { request: () => Promise.reject(new Error('asked')), follow: () => Promise.resolve() };
  const what = { ...WISH, version: 'v1', namespace: 'default' };

  expect(await decide(api, user, what)).toEqual({ allowed: true, reason: '' });
});

test('a role that is not there is said in the refusal', async () => {
  const missing = { problem: 'clusterrole.rbac.authorization.k8s.io "gone" not found' };

  expect(await decideBy([missing], WISH)).toEqual({
    allowed: false,
    reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
  });
});
