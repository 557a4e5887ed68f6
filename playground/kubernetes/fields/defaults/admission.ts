import type { Fields } from '../../contracts.ts';
import { type Filling, filled, inside, inTurn } from './filling.ts';

const common: Filling = inTurn(
  (value) =>
    filled(value, {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
    }),
  (value) => inside(value, 'rules.*', (rule) => filled(rule, { scope: '*' })),
  (value) => inside(value, 'clientConfig.service', (service) => filled(service, { port: 443 })),
);

/** Webhooks that check. */
export function validatingWebhooks(value: Fields): Fields {
  return inside(value, 'webhooks.*', common);
}

/** Webhooks that change. */
export function mutatingWebhooks(value: Fields): Fields {
  return inside(value, 'webhooks.*', (hook) => filled(common(hook), { reinvocationPolicy: 'Never' }));
}

/** A policy of admission. */
export const admissionPolicy: Filling = inTurn(
  (value) => inside(value, 'spec', (spec) => filled(spec, { failurePolicy: 'Fail' })),
  (value) => inside(value, 'spec.matchConstraints', matched),
);

/** Where a policy of admission is bound to. */
export function admissionPolicyBinding(value: Fields): Fields {
  return inside(value, 'spec.matchResources', matched);
}

function matched(value: Fields): Fields {
  const complete = filled(value, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} });
  return inside(complete, 'resourceRules.*', (rule) => filled(rule, { scope: '*' }));
}
