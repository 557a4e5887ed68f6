/** What every object carries, and types that several groups share. Notation: `notation.ts`. */
export const metaTypes = `
Condition: type+ s; status+ s; observedGeneration i; lastTransitionTime+ t; reason+ s; message+ s
LabelSelector: matchLabels {s}; matchExpressions [LabelSelectorRequirement]
LabelSelectorRequirement: key+ s; operator+ s; values [s]
ManagedFieldsEntry: manager s; operation s; apiVersion s; time? t; fieldsType s; fieldsV1 x; subresource s
ObjectMeta: name s; generateName s; namespace s; selfLink s; uid s; resourceVersion s; generation i; creationTimestamp
  t; deletionTimestamp? t; deletionGracePeriodSeconds? i; labels {s}; annotations {s}; ownerReferences
  [OwnerReference#]@uid; finalizers [s]=~; managedFields [ManagedFieldsEntry]
OwnerReference: apiVersion+ s; kind+ s; name+ s; uid+ s; controller? b; blockOwnerDeletion? b
`;
