import { waitFor } from '../../waiting.ts';
import { certificateUser } from '../api/guarding.ts';
import type { ApiServerOptions } from '../api/server.ts';
import type { FieldRules, Guard, LocalApi, User } from '../contracts.ts';
import { keepBudgets } from '../controllers/disruption.ts';
import { disruptionTarget } from '../eviction/disruption-target.ts';
import { evictions } from '../eviction/evicting.ts';
import { accessReviews } from './access-reviews.ts';
import { recognised, type TokenFacts } from './accounts.ts';
import { aggregate, keepAggregating } from './aggregating.ts';
import { decide } from './authorizing.ts';
import { BOOTSTRAP_OBJECTS } from './bootstrap-roles.ts';
import { keepDefaultAccounts } from './default-accounts.ts';
import { escalationAdmission } from './escalation-admission.ts';
import { identityReviews } from './identity-reviews.ts';
import { actingUser } from './impersonating.ts';
import { tokenRequests } from './token-requests.ts';
import { tokenKey } from './tokens.ts';

/** What the rules of access are made from. */
export interface AccessFacts {
  readonly api: LocalApi;
  readonly rules: FieldRules;
  /** PEM of the key that signs service-account tokens. */
  readonly accountKey: string;
  /** Who issues tokens and for whom they are; default as kubeadm sets it. */
  readonly issuer?: string;
}

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** Certificates, service-account tokens, impersonation, RBAC over the stored roles, reviews and evictions. */
export function createAccess(facts: AccessFacts): Pick<ApiServerOptions, 'guard' | 'admission' | 'handlers'> {
  const { api, rules } = facts;
  const tokens = { api, key: tokenKey(facts.accountKey), issuer: facts.issuer ?? ISSUER };
  return {
    guard: createGuard(tokens),
    admission: [escalationAdmission, disruptionTarget],
    handlers: {
      'pods/eviction': evictions,
      'serviceaccounts/token': tokenRequests(tokens, rules),
      ...accessReviews(rules),
      ...identityReviews(tokens, rules),
    },
  };
}

function createGuard(tokens: TokenFacts): Guard {
  return {
    async authenticate(request): Promise<User | null> {
      const known = certificateUser(request);
      if (known.name !== 'system:anonymous') return known;
      const token = /^bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined) return known;
      const found = await recognised(tokens, token);
      return found.ok ? found.user : null;
    },
    authorize: (user, what) => decide(tokens.api, user, what),
    actsAs: (user, what, request) => actingUser(tokens.api, user, what, request),
  };
}

const API = '/apis/rbac.authorization.k8s.io/v1';

/** Makes the roles and bindings that every cluster has; what is there stays as it is. @throws Error when one is refused. */
export async function makeBootstrapRoles(api: LocalApi): Promise<void> {
  for (const object of BOOTSTRAP_OBJECTS) {
    const path = `${API}/${object.kind.toLowerCase()}s`;
    await waitFor(`${object.kind} of a new cluster`, async () => {
      const { status, body } = await api.request({ method: 'POST', path, body: object, agent: 'kube-apiserver' });
      if (status === 201 || status === 409) return true;
      if (status < 500 && status !== 429) throw new Error(`${object.kind} was refused: ${JSON.stringify(body)}`);
      return false;
    });
  }
  await aggregate(api);
}

/** Keeps what a cluster's controllers do for access and evictions, until the signal. `ca`: the authority, PEM. */
export async function keepAccess(api: LocalApi, ca: string, signal: AbortSignal): Promise<void> {
  await Promise.all([keepAggregating(api, signal), keepDefaultAccounts(api, ca, signal), keepBudgets(api, signal)]);
}
