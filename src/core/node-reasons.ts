/** The reasons that end a drain, an upgrade or an undo. Part of the closed list `REASONS`. */
export const NODE_REASONS = {
  'version-refused': {
    outcome: 'blocked',
    text: 'The version cannot be asked for: it is no whole version, older, too far ahead, or above the control plane. Nothing was changed.',
    next: 'The check says which version is there and which may come next; ask again with that one.',
  },
  'drain-blocked': {
    outcome: 'failed',
    text: 'Pods could not leave their node in time: a budget or the API server did not let them go. No further pod was evicted.',
    next: 'The note names the pods and what holds them. Bring back the replicas that are not ready, or change the budget; then ask again for the rest.',
  },
  'pod-stuck': {
    outcome: 'needs-a-person',
    text: 'A pod was told to end and does not. It was not deleted by force, and nothing further was begun.',
    next: 'The note names the pod, its node and what holds it. Mend that; delete the pod by force only when its process is certain to be gone. Then ask again.',
  },
  'cluster-worse': {
    outcome: 'failed',
    text: 'The cluster became worse while nodes were drained: another node is not ready, or pods find no place. No further pod was evicted.',
    next: 'The note says what became worse. Bring the node back, or make room, then ask again for the rest.',
  },
  'node-gone': {
    outcome: 'failed',
    text: 'A node vanished in the middle of the change. Nothing further was begun.',
    next: 'Find out who took the node away; look at the group (`/kube nodegroups`), then ask again for the rest.',
  },
  'change-reverted': {
    outcome: 'needs-a-person',
    text: 'Somebody changed the version back, or to another one, after it was set. Drydock did not set it again, and began nothing further.',
    next: 'The note names who wrote it last. Change the version there (in Git, or at the owner of the object), then look at the group (`/kube nodegroups`).',
  },
  'git-behind': {
    outcome: 'needs-a-person',
    text: 'Git, or whoever follows it, did not have the change in time, although people said so. It stays suspended, because following Git would change the version back; nothing further was begun.',
    next: 'Commit the patch (a file in the thread), wait until it is seen there, then end the suspension by the command of the note.',
  },
  'roll-stalled': {
    outcome: 'needs-a-person',
    text: 'The roll-out stands still: a machine did not come, or did not go, in time. Nothing further was begun.',
    next: 'The note has the machine and what it waits for. Mend that, then ask again: the new plan goes on from there. Only a node group within one minor version can be taken back (`/kube undo latest`).',
  },
  'management-silent': {
    outcome: 'needs-a-person',
    text: 'The cluster that manages the machines did not answer for too long. What was begun there may go on unseen; nothing further was begun.',
    next: 'Bring the management cluster back, look at the group (`/kube nodegroups`), then ask again for the rest.',
  },
  'cluster-silent': {
    outcome: 'needs-a-person',
    text: 'The API server of the cluster did not answer for too long. What was begun may go on unseen; nothing further was begun.',
    next: 'Bring the API server back, look at the group (`/kube nodegroups`), then ask again for the rest.',
  },
  'not-on-target': {
    outcome: 'needs-a-person',
    text: 'The roll-out is said to be over, but not every machine and node is at the version that was asked for. Nothing further was begun.',
    next: 'The note names what is not. Look at the group (`/kube nodegroups`) and at who owns its version, then ask again.',
  },
} as const;
