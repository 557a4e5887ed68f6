/** The reasons that refuse a request, a word or a click, and end nothing. Part of the closed list `REASONS`. */
export const REFUSALS = {
  'not-permitted': {
    outcome: null,
    text: 'No policy rule permits this.',
    next: 'Ask an administrator of Drydock for a rule.',
  },
  denied: {
    outcome: null,
    text: 'A policy rule forbids this.',
    next: 'Ask an administrator of Drydock about that rule.',
  },
  'wrong-channel': {
    outcome: null,
    text: 'The policy does not permit this in this channel. Nothing was changed.',
    next: 'Say it in a channel that the rule names.',
  },
  'foreign-team': {
    outcome: null,
    text: 'Only people of this workspace may do that.',
    next: 'Ask a colleague of this workspace.',
  },
  'not-a-member': {
    outcome: null,
    text: 'Only full members of this workspace may do that. Nothing was changed.',
    next: 'Ask a colleague who is one.',
  },
  'people-unreadable': {
    outcome: null,
    text: 'Slack does not say just now who people are or who has a role, so nothing was counted and nothing was changed.',
    next: 'Do the same again in a minute; `/kube help` is answered meanwhile. If that stays so, tell the people who run Drydock.',
  },
  'too-many-requests': {
    outcome: null,
    text: 'You have asked for as many runs as one person may in a minute. This request started nothing.',
    next: 'Wait that long, then ask again. What you asked for before goes on, and your votes and cancels count as ever.',
  },
  'unknown-cluster': {
    outcome: null,
    text: 'There is no such cluster, or you may not see it.',
    next: '`/kube clusters` lists what you may see.',
  },
  'unknown-run': {
    outcome: null,
    text: 'There is no such run, or you may not see it.',
    next: '`/kube runs` lists what you may see.',
  },
  'cannot-undo': {
    outcome: null,
    text: 'This run cannot be undone. Nothing was changed.',
    next: 'The answer says why, and what is possible instead.',
  },
  mistake: { outcome: null, text: 'That is not a valid command.', next: '`/kube help` lists the commands.' },
  'no-gate-open': { outcome: null, text: 'This run is not waiting for a decision.', next: 'Look at its card.' },
  'several-gates-open': {
    outcome: null,
    text: 'More than one run is waiting for a decision. Your answer changed nothing.',
    next: 'Give the name of the run instead of "latest"; its card shows it.',
  },
  'gate-settled': {
    outcome: null,
    text: 'This was already decided. Your answer changed nothing.',
    next: 'Look at the card.',
  },
  'plan-changed': {
    outcome: null,
    text: 'That button belongs to another plan. Your answer changed nothing.',
    next: 'Use the buttons of the current card.',
  },
  'not-an-approver': { outcome: null, text: 'You may not decide here.', next: 'The card names who may.' },
  'requester-may-not-approve': {
    outcome: null,
    text: 'You asked for this run, so you may not approve it.',
    next: 'Another person must approve. You may cancel it.',
  },
  'requester-not-permitted': {
    outcome: null,
    text: 'The person who asked may not do this any more, so nobody can approve it. Your answer changed nothing.',
    next: 'Reject it, or let it expire.',
  },
  'wrong-answer': {
    outcome: null,
    text: 'That is not what the card asks for. Your answer changed nothing.',
    next: 'Press the button again and answer exactly as the card shows it.',
  },
  'already-voted': {
    outcome: null,
    text: 'You already approved. One person counts once.',
    next: 'Another person must approve.',
  },
  'not-yours': {
    outcome: null,
    text: 'Only the person who asked, or an approver, may cancel this run.',
    next: 'Ask one of them.',
  },
  'run-ended': { outcome: null, text: 'This run has ended. Your answer changed nothing.', next: 'Look at its card.' },
  'run-stopping': {
    outcome: null,
    text: 'This run is stopping. Your answer changed nothing.',
    next: 'Its card shows the end when everything is put back.',
  },
  'lock-changed': {
    outcome: null,
    text: 'The lock is not the one that was shown. Nothing was unlocked.',
    next: 'Look again with `/kube locks`; it shows the command that unlocks what is there now.',
  },
  'lock-not-shown': {
    outcome: null,
    text: 'Somebody else locked it by hand. Nothing was unlocked.',
    next: 'Talk to the person who locked it; the command above unlocks exactly this lock.',
  },
  'held-by-run': {
    outcome: null,
    text: 'A run holds that lock, so nobody unlocks it by hand. Nothing was unlocked.',
    next: 'Wait until the run ends, or stop it at its next safe point with `/kube cancel`.',
  },
  'not-locked': {
    outcome: null,
    text: 'It is not locked by hand. Nothing was changed.',
    next: '`/kube locks` lists what is held.',
  },
  'not-frozen': {
    outcome: null,
    text: 'It is not frozen. Nothing was changed.',
    next: '`/kube locks` lists freezes too.',
  },
  'changed-meanwhile': {
    outcome: null,
    text: 'Somebody else changed it at the same moment. Your word changed nothing.',
    next: 'Look at how it is now, then ask again.',
  },
  'unknown-schedule': {
    outcome: null,
    text: 'There is no such schedule, or you may not see it.',
    next: '`/kube schedules` lists what you may see.',
  },
  'firing-missed': {
    outcome: null,
    text: 'The time of a schedule passed while nothing could start it. It was not run late.',
    next: 'Ask for it by hand, or wait for its next time.',
  },
  'broken-button': {
    outcome: null,
    text: 'That button does not carry a valid request. Nothing was changed.',
    next: 'Use the buttons of the current card.',
  },
  'store-unavailable': {
    outcome: null,
    text: 'Drydock cannot reach its store (Redis), so it is not known whether this was recorded.',
    next: '`/kube runs` shows it when the store is back: look before you ask again; tell the people who run Drydock.',
  },
  'slack-refused': {
    outcome: null,
    text: 'Slack did not open the form. Nothing was changed.',
    next: 'Press the button again, or type the command.',
  },
  'unexpected-error': {
    outcome: null,
    text: 'Something unexpected went wrong; it is logged. It is not known whether anything was recorded.',
    next: 'Look with `/kube runs` before you ask again; tell the people who run Drydock.',
  },
} as const satisfies Readonly<Record<string, { readonly outcome: null; readonly text: string; readonly next: string }>>;
