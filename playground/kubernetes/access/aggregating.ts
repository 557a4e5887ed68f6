import { at, listAt, sameJson, textAt } from '../api/reading.ts';
import type { LocalApi } from '../contracts.ts';
import { followSteadily, keepDoing } from '../controllers/following.ts';
import { selects } from '../eviction/label-selecting.ts';

const PATH = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
const AGENT = 'clusterrole-aggregation-controller';

/** Gives cluster roles with an aggregation rule the rules of the roles that it selects, until the signal. */
export function keepAggregating(api: LocalApi, signal: AbortSignal): Promise<void> {
  const chores = keepDoing(signal, () => aggregate(api));
  return followSteadily(api, PATH, signal, () => chores.ask('all'));
}

/** Once; roles that gather from one another settle over several rounds. @throws Error when a write is refused. */
export async function aggregate(api: LocalApi): Promise<void> {
  for (let round = 1; round <= ROUNDS; round += 1) if (!(await aggregateOnce(api))) return;
}

/** `view` goes into `edit`, and that into `admin`; no more than a few such steps are of use. */
const ROUNDS = 5;

async function aggregateOnce(api: LocalApi): Promise<boolean> {
  const { status, body } = await api.request({ method: 'GET', path: PATH });
  if (status !== 200) throw new Error('the cluster roles cannot be listed');
  const roles = listAt(body, 'items');
  let changed = false;
  for (const role of roles) {
    const selectors = listAt(role, 'aggregationRule', 'clusterRoleSelectors');
    if (selectors.length === 0) continue;
    const rules = gathered(role, roles, selectors);
    if (sameJson(rules, listAt(role, 'rules'))) continue;
    const path = `${PATH}/${textAt(role, 'metadata', 'name')}`;
    const answer = await api.request({ method: 'PATCH', path, body: { rules }, agent: AGENT });
    if (answer.status !== 200 && answer.status !== 404) throw new Error(`${path} cannot be changed`);
    changed = true;
  }
  return changed;
}

function gathered(role: unknown, roles: readonly unknown[], selectors: readonly unknown[]): readonly unknown[] {
  const own = textAt(role, 'metadata', 'name');
  const rules: unknown[] = [];
  const byName = roles.toSorted((a, b) => (textAt(a, 'metadata', 'name') < textAt(b, 'metadata', 'name') ? -1 : 1));
  for (const selector of selectors) {
    for (const other of byName) {
      if (textAt(other, 'metadata', 'name') === own || !selects(selector, labelsOf(other))) continue;
      for (const rule of listAt(other, 'rules')) if (!rules.some((each) => sameJson(each, rule))) rules.push(rule);
    }
  }
  return rules;
}

function labelsOf(object: unknown): unknown {
  return at(object, 'metadata', 'labels');
}
