import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../src/core/json.ts';
import { type Rendered, render, roleFolder } from '../support/rendered.ts';
import { type RightsScene, startRightsScene } from '../support/rights-scene.ts';

const ONE_MEMBER = { members: ['cp-2'], all: false, moveLeader: false, pauseMs: 0 };
const BY = 'T0HOME/U0OPERATOR';
/** What a runbook is asked with; one that is not named takes no parameters. */
const PARAMS: Readonly<Record<string, JsonObject>> = {
  'etcd-defrag': ONE_MEMBER,
  'etcd-backup': { member: null, note: null, by: BY },
};

let scene: RightsScene;

beforeAll(async () => {
  scene = await startRightsScene();
}, 120_000);
afterAll(() => scene.stop());

const Rules = z.looseObject({
  rules: z.array(z.looseObject({ verbs: z.array(z.string()), resources: z.array(z.string()).optional() })),
});
type Rule = z.infer<typeof Rules>['rules'][number];

/** The roles without one verb on one resource. */
function without(objects: readonly Rendered[], verb: string, resource: string): readonly Rendered[] {
  return objects.map((object) => {
    if (!object.kind.endsWith('Role')) return object;
    const rules = Rules.parse(object).rules.map((rule) => narrowed(rule, verb, resource));
    return Object.assign({}, object, { rules: rules.filter(({ verbs }) => verbs.length > 0) });
  });
}

function narrowed(rule: Rule, verb: string, resource: string): Rule {
  if (rule.resources?.includes(resource) !== true) return rule;
  return { ...rule, verbs: rule.verbs.filter((each) => each !== verb) };
}

/** Verb and resource that are taken away; what the run ends as; where the right is asked for. */
const CASES = [
  ['status', 'exec', 'list', 'nodes', 'succeeded', 'to a ClusterRole'],
  ['status', 'exec', 'list', 'pods', 'succeeded', 'to a ClusterRole'],
  ['status', 'exec', 'get', 'namespaces', 'succeeded', 'to a ClusterRole'],
  ['members', 'exec', 'get', 'pods', 'succeeded', 'in namespace kube-system to the role'],
  ['members', 'exec', 'get', 'pods/exec', 'succeeded', 'in namespace kube-system to the role'],
  ['members', 'exec', 'create', 'pods/exec', 'succeeded', 'in namespace kube-system to the role'],
  ['alarms', 'tunnel', 'get', 'pods/portforward', 'succeeded', 'in namespace kube-system to the role'],
  ['alarms', 'tunnel', 'create', 'pods/portforward', 'succeeded', 'in namespace kube-system to the role'],
  ['etcd-defrag', 'exec', 'create', 'pods/exec', 'blocked', 'in namespace kube-system to the role'],
  ['etcd-defrag', 'tunnel', 'list', 'leases', 'blocked', 'in namespace kube-system to the role'],
  ['etcd-backup', 'tunnel', 'list', 'pods', 'blocked', 'in namespace kube-system to the role'],
  ['etcd-backup', 'tunnel', 'create', 'pods/portforward', 'blocked', 'in namespace kube-system to the role'],
  ['etcd-backup', 'tunnel', 'get', 'namespaces', 'succeeded', 'to a ClusterRole'],
] as const;

test.each(CASES)(
  '%s by %s without %s on %s names that right',
  async (...given) => {
    const [runbook, access, verb, resource, outcome, place] = given;
    const shipped = [roleFolder(runbook), roleFolder(runbook, access)].flatMap(render);
    await scene.grant(without(shipped, verb, resource));
    const worker = scene.runbooks(access);

    const state = await worker.run(runbook, PARAMS[runbook] ?? {});

    const group = resource === 'leases' ? ' (API group coordination.k8s.io)' : '';
    const account = 'system:serviceaccount:drydock:drydock-worker';
    expect(JSON.stringify(state)).toContain(`add \`${verb}\` on \`${resource}\`${group} ${place} of ${account}`);
    expect(state.ended).toMatchObject({ outcome });
  },
  120_000,
);
