/** Webhooks, admission policies, priority and fairness. Notation: `notation.ts`. */
export const admissionTypes = `
AdmissionregistrationV1ServiceReference: namespace+ s; name+ s; path? s; port? i
AdmissionregistrationV1WebhookClientConfig: url? s; service AdmissionregistrationV1ServiceReference; caBundle y
AuditAnnotation: key+ s; valueExpression+ s
ExemptPriorityLevelConfiguration: nominalConcurrencyShares? i; lendablePercent? i
ExpressionWarning: fieldRef+ s; warning+ s
FlowcontrolV1Subject: kind+ s; user UserSubject; group GroupSubject; serviceAccount ServiceAccountSubject
FlowDistinguisherMethod: type+ s
FlowSchema*: metadata+ ObjectMeta; spec+ FlowSchemaSpec; status+ FlowSchemaStatus
FlowSchemaCondition: type s; status s; lastTransitionTime+ t; reason s; message s
FlowSchemaSpec: priorityLevelConfiguration+ PriorityLevelConfigurationReference; matchingPrecedence+ i;
  distinguisherMethod FlowDistinguisherMethod; rules [PolicyRulesWithSubjects]
FlowSchemaStatus: conditions [FlowSchemaCondition]@type
GroupSubject: name+ s
IngressClassParametersReference: apiGroup? s; kind+ s; name+ s; scope+? s; namespace? s
LimitedPriorityLevelConfiguration: nominalConcurrencyShares+? i; limitResponse+ LimitResponse; lendablePercent? i;
  borrowingLimitPercent? i
LimitResponse: type+ s; queuing QueuingConfiguration
MatchCondition: name+ s; expression+ s
MatchResources: namespaceSelector LabelSelector#; objectSelector LabelSelector#; resourceRules
  [NamedRuleWithOperations]; excludeResourceRules [NamedRuleWithOperations]; matchPolicy? s
MutatingWebhook: name+ s; clientConfig+ AdmissionregistrationV1WebhookClientConfig; rules [RuleWithOperations];
  failurePolicy? s; matchPolicy? s; namespaceSelector LabelSelector#; objectSelector LabelSelector#; sideEffects+? s;
  timeoutSeconds? i; admissionReviewVersions+ [s]; reinvocationPolicy? s; matchConditions [MatchCondition]@name
MutatingWebhookConfiguration*: metadata+ ObjectMeta; webhooks [MutatingWebhook]@name
NamedRuleWithOperations: resourceNames [s]; operations [s]; apiGroups [s]; apiVersions [s]; resources [s]; scope? s
NonResourcePolicyRule: verbs+ [s]; nonResourceURLs+ [s]
ParamKind: apiVersion s; kind s
ParamRef: name s; namespace s; selector LabelSelector#; parameterNotFoundAction? s
PolicyRulesWithSubjects: subjects+ [FlowcontrolV1Subject]; resourceRules [ResourcePolicyRule]; nonResourceRules
  [NonResourcePolicyRule]
PriorityLevelConfiguration*: metadata+ ObjectMeta; spec+ PriorityLevelConfigurationSpec; status+
  PriorityLevelConfigurationStatus
PriorityLevelConfigurationCondition: type s; status s; lastTransitionTime+ t; reason s; message s
PriorityLevelConfigurationReference: name+ s
PriorityLevelConfigurationSpec: type+ s; limited LimitedPriorityLevelConfiguration; exempt
  ExemptPriorityLevelConfiguration
PriorityLevelConfigurationStatus: conditions [PriorityLevelConfigurationCondition]@type
QueuingConfiguration: queues+ i; handSize+ i; queueLengthLimit+ i
ResourcePolicyRule: verbs+ [s]; apiGroups+ [s]; resources+ [s]; clusterScope b; namespaces+ [s]
RuleWithOperations: operations [s]; apiGroups [s]; apiVersions [s]; resources [s]; scope? s
ServiceAccountSubject: namespace+ s; name+ s
TypeChecking: expressionWarnings [ExpressionWarning]
UserSubject: name+ s
ValidatingAdmissionPolicy*: metadata+ ObjectMeta; spec+ ValidatingAdmissionPolicySpec; status+
  ValidatingAdmissionPolicyStatus
ValidatingAdmissionPolicyBinding*: metadata+ ObjectMeta; spec+ ValidatingAdmissionPolicyBindingSpec
ValidatingAdmissionPolicyBindingSpec: policyName s; paramRef ParamRef#; matchResources MatchResources;
  validationActions [s]
ValidatingAdmissionPolicySpec: paramKind ParamKind#; matchConstraints MatchResources; validations [Validation];
  failurePolicy? s; auditAnnotations [AuditAnnotation]; matchConditions [MatchCondition]@name; variables
  [Variable]@name
ValidatingAdmissionPolicyStatus: observedGeneration i; typeChecking TypeChecking; conditions [Condition]@type~-
ValidatingWebhook: name+ s; clientConfig+ AdmissionregistrationV1WebhookClientConfig; rules [RuleWithOperations];
  failurePolicy? s; matchPolicy? s; namespaceSelector LabelSelector#; objectSelector LabelSelector#; sideEffects+? s;
  timeoutSeconds? i; admissionReviewVersions+ [s]; matchConditions [MatchCondition]@name
ValidatingWebhookConfiguration*: metadata+ ObjectMeta; webhooks [ValidatingWebhook]@name
Validation: expression+ s; message s; reason? s; messageExpression s
Variable: name+ s; expression+ s
`;
