import type { KubernetesErrorCode } from '../../../../src/core/ports/kubernetes.ts';

/** What every recorded refusal means. Names of exchanges by meaning. */
export const EXPECTED: Partial<Record<KubernetesErrorCode, string>> = {
  'no-such-kind': `01-12-readyz-etcd 01-14-unknown-path 01-15-unknown-group 01-16-unknown-resource 13-20-cr-unserved-version 13-25-gone`,
  'not-found': `02-08-not-found 03-19-get-not-found 05-10-put-missing 05-16-create-in-missing-namespace 05-22-not-found
    05-36-dry-run-create-gone 06-10-merge-uid-missing-object 06-15-missing 08-04-again 08-10-finalizer-gone 08-14-background-gone
    08-23-pod-force-gone 08-26-pod-pending-gone 09-04-not-found 12-21-out-of-service-pod-gone 13-19-cr-no-subresource
    14-13-granted-get-missing 14-25-token-request-missing 18-07-gone 20-15-frozen-create-after 20-73-corrupt-delete`,
  invalid: `01-17-not-acceptable 03-08-list-continue-with-rv 03-09-list-bad-continue 03-14-list-rv-invalid 03-16-list-field-unsupported
    03-18-list-label-invalid 04-08-initial-events-no-match 05-09-put-name-mismatch 05-14-put-lease-without-rv 05-17-create-namespace-mismatch
    05-18-invalid-causes 05-19-invalid-type 05-20-immutable 05-21-immutable-selector 05-23-method-not-allowed
    05-24-method-not-allowed-put-list 05-25-unsupported-media-type 05-26-unsupported-media-type-post 05-27-bad-json 05-28-empty-body
    05-29-wrong-kind 05-30-wrong-version 05-31-field-validation-strict 05-34-field-validation-duplicate 05-41-dry-run-invalid
    05-42-too-large 05-43-too-large-object 06-04-json-missing-path 06-05-json-malformed 06-12-merge-list-replaced 06-16-malformed
    07-01-no-manager 07-11-with-managed-fields 08-08-finalizer-add 08-17-both-policies 09-09-name-mismatch 09-11-get-not-allowed
    10-04-both-fields 11-15-scale-invalid 12-09-taint-invalid 12-11-label-invalid 13-04-invalid 13-06-cr-strict 13-07-cr-invalid
    13-08-cr-invalid-missing 13-09-cr-invalid-type 13-10-cr-invalid-cel 13-13-cr-strategic 13-14-cr-put-without-rv 14-21-sar-invalid
    14-24-token-request-short 14-31-impersonate-group-only 15-08-time-milliseconds 15-09-time-milliseconds-put
    15-10-time-milliseconds-create 15-11-time-seconds 15-12-time-nanoseconds 15-14-invalid 16-03-create-v1-invalid
    16-04-namespace-mismatch 17-02-invalid 17-03-invalid-usage 17-06-approve-removed 19-15-timeout-invalid`,
  'already-exists': `05-02-already-exists 15-02-create-lost`,
  conflict: `05-05-conflict 05-08-put-uid-mismatch 05-13-put-missing-lease-with-uid 06-02-json-test-fails 06-03-json-test-rv
    06-08-merge-stale-rv 06-09-merge-uid-mismatch 07-06-conflict 07-09-conflict-with-update 07-12-stale-rv 07-13-uid-missing-object
    07-15-conflict-scale 08-01-uid-mismatch 08-02-rv-mismatch 08-24-pod-uid-mismatch 09-05-uid-mismatch 11-13-scale-conflict
    12-04-cordon-conditional 12-07-taint-conflict 13-15-cr-conflict 15-05-take-over-lost 15-07-renew-lost 15-15-delete-lost`,
  expired: `03-20-list-continue-expired 03-22-list-rv-exact-expired 20-54-continue-expired`,
  unauthorized: `14-01-bad-token 14-02-bad-token-readyz 14-03-deleted-sa-token`,
  forbidden: `04-10-forbidden 14-04-anonymous 14-05-forbidden-list 14-06-forbidden-get-missing 14-07-forbidden-cluster
    14-08-forbidden-all-namespaces 14-09-forbidden-subresource 14-10-forbidden-patch 14-11-forbidden-path 14-14-escalation
    14-28-impersonate-forbidden 14-29-impersonate-group-forbidden 14-30-impersonate-as`,
  terminating: `18-03-create-in-terminating`,
  quota: `11-18-quota-exceeded`,
  budget: `09-12-budget-refused 09-13-budget-refused-dry-run 09-18-budget-second-refused 09-20-budget-lagging
    09-24-unhealthy-default-refused 09-28-unmanaged`,
  'blocked-for-good': `09-21-two-budgets`,
  throttled: `13-02-too-early 19-03-too-many-requests 19-04-too-many-requests-eviction`,
  refused: `13-23-cr-create-terminating 18-08-protected 19-05-webhook-deny 19-06-webhook-deny-eviction 19-07-webhook-deny-code`,
  'no-space': `20-01-nospace-create 20-02-nospace-update 20-04-nospace-evict`,
  'server-error': `04-07-rv-invalid 05-15-create-with-rv 19-09-webhook-500 19-10-webhook-500-eviction 19-11-webhook-refused
    19-12-webhook-timeout 20-14-frozen-livez 20-52-readyz-starting
    20-72-corrupt-create`,
  'unknown-outcome': `03-13-list-rv-future 19-13-request-timeout 19-16-timeout-get 20-07-frozen-get-default 20-08-frozen-create-default
    20-09-frozen-get 20-11-frozen-list 20-12-frozen-create 20-16-dead-get 20-17-dead-create`,
};
