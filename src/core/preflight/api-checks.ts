import type { Check } from '../plan.ts';
import { type RemovedApi, removedWords } from './removed-apis.ts';
import type { DeprecatedRequest } from './samples.ts';
import { counted, type Seen, some } from './seen.ts';
import type { HelmUse, StoredUse } from './stored-apis.ts';
import { readingWords } from './unread.ts';

/** What was seen of APIs that are in use. */
export interface ApisInUse {
  /** Minor versions of Kubernetes 1. */
  readonly from: number;
  readonly to: number;
  /** What the upgrade stops serving. */
  readonly removed: readonly RemovedApi[];
  readonly requested: Seen<readonly DeprecatedRequest[]>;
  readonly stored: readonly StoredUse[];
  /** Kinds whose objects could not be looked through, and why. */
  readonly storedUnseen: readonly string[];
  /** Releases that were rendered in removed versions, and how many were opened. */
  readonly helm: Seen<{
    readonly uses: readonly HelmUse[];
    readonly opened: number;
    readonly unopened: readonly string[];
  }>;
  /** Somebody accepts it: what would block warns. */
  readonly accepted: boolean;
}

/** What removed APIs mean for an upgrade of the control plane. */
export function apiChecks(use: ApisInUse): readonly Check[] {
  if (use.removed.length === 0) return [requestedCheck(use), nothingRemoved(use)];
  return [requestedCheck(use), storedCheck(use), helmCheck(use)];
}

const WHO = 'the audit log of the API server names who asked, with the annotation k8s.io/deprecated';
const ONE = 'seen by the one API server that answered, since it began';
const OVER = 'ask with --over-removed-apis if nobody needs them any more';
const UNREAD = 'ask with --over-removed-apis if you know that nobody needs what the target removes';
const ACCEPTED = 'accepted with --over-removed-apis';

/** What a check of removed APIs says at worst. Not looked at is as bad as found. */
function atWorst(accepted: boolean): Check['verdict'] {
  return accepted ? 'warn' : 'block';
}

/** The check where it cannot be told which versions the target removes. */
export function versionUnread(accepted: boolean): Check {
  const why = 'not looked at: which version the control plane has cannot be told, so not what the target removes';
  const advice = accepted ? ACCEPTED : `plan again when the API server answers; ${UNREAD}`;
  const evidence = `${why}; ${advice}`;
  return { id: 'removed-apis-stored', verdict: atWorst(accepted), title: 'Removed APIs not looked at', evidence };
}

function requestedCheck(use: ApisInUse): Check {
  const { requested, to, accepted } = use;
  const id = 'removed-apis-requested';
  if (!requested.ok) return requestedUnread(use, requested.why);
  const goes = requested.value.filter(({ removedIn }) => removedIn !== null && removedIn <= to);
  const stays = requested.value.filter((each) => !goes.includes(each));
  const later = stays.length === 0 ? '' : `; deprecated, and still served then: ${some(stays.map(requestWords))}`;
  if (goes.length === 0) {
    const evidence = `none that 1.${to} does not serve was asked for, ${ONE}${later}`;
    return { id, verdict: 'pass', title: 'No removed API is asked for', evidence };
  }
  const named = some(goes.map(requestWords));
  const evidence = accepted
    ? `${named}, ${ONE}: ${ACCEPTED}; ${WHO}${later}`
    : `${named}, ${ONE}: who asks for them fails after the upgrade; ${WHO}; ${OVER}${later}`;
  return {
    id,
    verdict: atWorst(accepted),
    title: 'APIs are asked for that the target does not serve',
    evidence,
  };
}

/** Where the target removes nothing, nothing that is on by itself goes: no override is asked for. */
function requestedUnread(use: ApisInUse, why: string): Check {
  const isNothing = use.removed.length === 0;
  const reading = readingWords('get the path /metrics (nonResourceURLs)');
  const override = use.accepted ? ACCEPTED : `${reading}; ${UNREAD}`;
  const advice = isNothing ? `${servesAll(use)}; ${reading}` : override;
  return {
    id: 'removed-apis-requested',
    verdict: atWorst(isNothing || use.accepted),
    title: 'Use of removed APIs not looked at',
    evidence: `not looked at: ${why}; ${advice}`,
  };
}

function requestWords({ apiVersion, resource, removedIn }: DeprecatedRequest): string {
  return removedIn === null ? `${apiVersion} ${resource}` : `${apiVersion} ${resource} (removed in 1.${removedIn})`;
}

function storedCheck({ stored, storedUnseen, removed, to, accepted }: ApisInUse): Check {
  const id = 'removed-apis-stored';
  const missing = storedUnseen.length === 0 ? '' : `; not looked at: ${some(storedUnseen)}`;
  const applied = stored.filter(({ by }) => by === 'applied');
  const written = stored.filter(({ by }) => by === 'written');
  const before =
    written.length === 0
      ? ''
      : `; fields were written in them by ${some(managers(written))}: ${some(written.map(storedWords), 3)}`;
  if (applied.length > 0) {
    const advice = accepted ? ACCEPTED : `change the manifests and apply them before; ${OVER}`;
    const evidence = `applied in versions that 1.${to} does not serve: ${some(applied.map(storedWords))}: the objects stay, applying their manifests again fails; ${advice}${before}${missing}`;
    return { id, verdict: atWorst(accepted), title: 'Manifests are of removed APIs', evidence };
  }
  const none = `no object says that it was applied in one of the ${counted(removed.length, 'version')} that 1.${to} does not serve${before}${missing}`;
  if (storedUnseen.length > 0) {
    const advice = accepted ? ACCEPTED : `${readingWords('list these kinds')}; ${UNREAD}`;
    const title = 'Manifests of removed APIs not all looked at';
    return { id, verdict: atWorst(accepted), title, evidence: `${none}; ${advice}` };
  }
  const verdict = written.length > 0 ? 'warn' : 'pass';
  return {
    id,
    verdict,
    title: verdict === 'pass' ? 'No manifest of removed APIs' : 'Manifests may be of removed APIs',
    evidence: none,
  };
}

function nothingRemoved(use: ApisInUse): Check {
  const evidence = `${servesAll(use)}; nothing had to be opened`;
  return { id: 'removed-apis-stored', verdict: 'pass', title: 'The target removes no API', evidence };
}

function servesAll({ from, to }: ApisInUse): string {
  return `1.${to} serves every API version that 1.${from} serves unless told otherwise`;
}

function storedWords({ removed, kind, name }: StoredUse): string {
  return `${name}: ${removedWords(removed, kind)}`;
}

function managers(uses: readonly StoredUse[]): readonly string[] {
  return [...new Set(uses.map(({ manager }) => (manager === '' ? 'somebody' : manager)))];
}

function helmCheck({ helm, to }: ApisInUse): Check {
  const id = 'removed-apis-helm';
  if (!helm.ok)
    return { id, verdict: 'warn', title: 'Helm releases not looked at', evidence: `not looked at: ${helm.why}` };
  const { uses, opened, unopened } = helm.value;
  const missing = unopened.length === 0 ? '' : `; not looked at: ${some(unopened)}`;
  if (uses.length > 0) {
    const named = some(uses.map(({ release, removed: api, kind }) => `${release}: ${removedWords(api, kind)}`));
    const evidence = `${named}: the next helm upgrade of them fails; upgrade their charts before, or rewrite the releases with the plug-in mapkubeapis${missing}`;
    return { id, verdict: 'warn', title: 'Helm releases are of removed APIs', evidence };
  }
  const evidence = `${counted(opened, 'release')} opened, none rendered in a version that 1.${to} does not serve${missing}`;
  return { id, verdict: unopened.length === 0 ? 'pass' : 'warn', title: 'No Helm release of removed APIs', evidence };
}
