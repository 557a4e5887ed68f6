/** The reasons that end the replacement of an etcd member. Part of the closed list `REASONS`. */
export const REPLACE_REASONS = {
  'restore-needed': {
    outcome: 'blocked',
    text: 'Too few members of the etcd ring are healthy: a removal could not be committed, so this is a restore. Nothing was changed.',
    next: 'Bring a second member back if you can (`/kube members`). If not, restore from a backup by hand: docs/restoring-by-hand.md.',
  },
  'member-healthy': {
    outcome: 'blocked',
    text: 'The member is healthy, so there is nothing to replace. Nothing was changed.',
    next: 'Look which member is sick (`/kube members`). For a planned swap of a healthy one ask again with --over-healthy, where the platform has it.',
  },
  'no-case': {
    outcome: 'blocked',
    text: 'No procedure fits what was seen of the member. Nothing was changed.',
    next: 'Read what the check names; mend what hides the state of the member, then ask again.',
  },
  'target-recovered': {
    outcome: 'failed',
    text: 'The member answers again, so it was not replaced. Nothing was removed.',
    next: 'Look at it (`/kube members`) and find out why it was away.',
  },
  'second-member-sick': {
    outcome: 'failed',
    text: 'Another member of the etcd ring is not well. Nothing was removed; only a planned swap may have its new member in already.',
    next: 'Bring that member back first (`/kube members`), then ask again; where a swap has left one voter too many, the plan says so.',
  },
  'others-differ': {
    outcome: 'failed',
    text: 'Other members of the etcd ring have different data. Nothing was removed; only a planned swap may have its new member in already.',
    next: 'Put the last good backup on hold, and find out whose data are right before anything else; the note names the members and the revision.',
  },
  'old-process-alive': {
    outcome: 'failed',
    text: 'It could not be seen that the old etcd process is stopped. Nothing was started beside it, and nothing further was begun.',
    next: 'Stop it on its machine, or switch the machine off; then ask again.',
  },
  'controller-refused': {
    outcome: 'failed',
    text: 'The controller of this platform does not replace the machine. Nothing was done behind its back.',
    next: 'The note has its own words. Mend what it names, then ask again.',
  },
  'host-refused': {
    outcome: 'failed',
    text: 'The machine of the member could not be worked on: it cannot be reached, shows another key, or refuses. Nothing further was begun.',
    next: 'Mend what the note names (network, known hosts, key, sudo), then ask again.',
  },
  'removed-by-hand': {
    outcome: 'failed',
    text: 'Somebody removed the member after the approval. Nothing further was done.',
    next: 'Ask again: the new plan goes on behind the removal.',
  },
  'left-midway': {
    outcome: 'needs-a-person',
    text: 'The run ended while a member was being replaced, and before all was verified. Nothing further was begun. Take it that no further member may fail until `/kube members` says otherwise.',
    next: 'The note says what stopped it. Mend that soon, then ask again for the same member: the new plan goes on from there.',
  },
  'ring-thin': {
    outcome: 'needs-a-person',
    text: 'The etcd ring is not well enough to go on: another member is not well, or could not be seen, and none may fail. Nothing further was begun.',
    next: 'Remove nothing. Bring back first who the note names (`/kube members`); if that cannot be done, restore from the newest good backup by hand: docs/restoring-by-hand.md.',
  },
  'machine-stuck': {
    outcome: 'needs-a-person',
    text: 'The old machine does not go away. Drydock clears no finalizer and no hook of somebody else; nothing further was begun.',
    next: 'The note names what holds it, and `/kube members` says whether its member is out of the ring. Mend that, then ask again: the new plan goes on from there.',
  },
  'machine-not-ready': {
    outcome: 'needs-a-person',
    text: 'The new machine did not become a ready node in time. Nothing further was begun. Take it that no further member may fail until `/kube members` says otherwise.',
    next: 'The note has its phase and what it waits for. Mend that, then ask again: the new plan goes on from there.',
  },
  'member-not-joined': {
    outcome: 'needs-a-person',
    text: 'No new member joined the etcd ring in time. Nothing further was begun. Take it that no further member may fail until `/kube members` says otherwise.',
    next: 'Look at etcd on the new machine, and whether the old one is gone; the note has what was seen. Then ask again: the new plan goes on from there.',
  },
  'old-data-joined': {
    outcome: 'needs-a-person',
    text: 'The new member started with the data of a removed one or of another ring. It was not promoted, and nothing further was begun.',
    next: 'Stop etcd there and move its data directory aside; the note names machine and path. Then ask again: the new plan goes on from there, and says when to start it.',
  },
  'learner-behind': {
    outcome: 'needs-a-person',
    text: 'The new member did not catch up in time, so it was not promoted. Nothing further was begun; it is a learner still if the note does not say otherwise.',
    next: 'Look at its disk and network, then ask again.',
  },
  'alarm-after-join': {
    outcome: 'needs-a-person',
    text: 'The new member is in, and an alarm is active. Nothing further was begun.',
    next: 'Look at it (`/kube alarms`); for NOSPACE free space with `/kube defrag`.',
  },
  'data-differs-after': {
    outcome: 'needs-a-person',
    text: 'The new member is in, and members of the etcd ring have different data at one revision. Nothing further was begun.',
    next: 'Put the last good backup on hold before anything else; the note names the members and the revision.',
  },
  'operator-stuck': {
    outcome: 'needs-a-person',
    text: 'The operator or controller that works on the members of this platform did not get on. What was done stays as it is.',
    next: 'The note has its conditions. Mend what they name, then ask again: the new plan goes on from there.',
  },
} as const;
