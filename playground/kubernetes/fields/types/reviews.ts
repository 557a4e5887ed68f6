/** Reviews of tokens and rights, token requests, bindings. Notation: `notation.ts`. */
export const reviewTypes = `
AuthenticationV1TokenRequest*: metadata+ ObjectMeta; spec+ TokenRequestSpec; status+ TokenRequestStatus
Binding*: metadata+ ObjectMeta; target+ ObjectReference#
BoundObjectReference: kind s; apiVersion s; name s; uid s
FieldSelectorAttributes: rawSelector s; requirements [FieldSelectorRequirement]
FieldSelectorRequirement: key+ s; operator+ s; values [s]
LabelSelectorAttributes: rawSelector s; requirements [LabelSelectorRequirement]
LocalSubjectAccessReview*: metadata+ ObjectMeta; spec+ SubjectAccessReviewSpec; status+ SubjectAccessReviewStatus
NonResourceAttributes: path s; verb s
NonResourceRule: verbs+ [s]; nonResourceURLs [s]
ResourceAttributes: namespace s; verb s; group s; version s; resource s; subresource s; name s; fieldSelector
  FieldSelectorAttributes; labelSelector LabelSelectorAttributes
ResourceRule: verbs+ [s]; apiGroups [s]; resources [s]; resourceNames [s]
SelfSubjectAccessReview*: metadata+ ObjectMeta; spec+ SelfSubjectAccessReviewSpec; status+ SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec: resourceAttributes ResourceAttributes; nonResourceAttributes NonResourceAttributes
SelfSubjectReview*: metadata+ ObjectMeta; status+ SelfSubjectReviewStatus
SelfSubjectReviewStatus: userInfo+ UserInfo
SelfSubjectRulesReview*: metadata+ ObjectMeta; spec+ SelfSubjectRulesReviewSpec; status+ SubjectRulesReviewStatus
SelfSubjectRulesReviewSpec: namespace s
SubjectAccessReview*: metadata+ ObjectMeta; spec+ SubjectAccessReviewSpec; status+ SubjectAccessReviewStatus
SubjectAccessReviewSpec: resourceAttributes ResourceAttributes; nonResourceAttributes NonResourceAttributes; user s;
  groups [s]; extra {[s]}; uid s
SubjectAccessReviewStatus: allowed+ b; denied b; reason s; evaluationError s
SubjectRulesReviewStatus: resourceRules+ [ResourceRule]; nonResourceRules+ [NonResourceRule]; incomplete+ b;
  evaluationError s
TokenRequestSpec: audiences+ [s]; expirationSeconds+? i; boundObjectRef+? BoundObjectReference
TokenRequestStatus: token+ s; expirationTimestamp+ t
TokenReview*: metadata+ ObjectMeta; spec+ TokenReviewSpec; status+ TokenReviewStatus
TokenReviewSpec: token s; audiences [s]
TokenReviewStatus: authenticated b; user+ UserInfo; audiences [s]; error s
UserInfo: username s; uid s; groups [s]; extra {[s]}
`;
