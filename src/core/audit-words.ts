import type { AuditEntry } from './audit.ts';
import type { Json } from './json.ts';
import { REASONS } from './reasons.ts';

const ACTIONS: ReadonlyMap<string, string> = new Map([
  ['request', 'Asked'],
  ['refusal', 'Refused'],
  ['plan', 'Planned'],
  ['question', 'Only asked, executes nothing'],
  ['gate-open', 'Approval asked'],
  ['vote', 'Vote'],
  ['decision', 'Decision'],
  ['lock-wait', 'Waits for a lock'],
  ['window-wait', 'Waits for its window'],
  ['gate-remind', 'Reminded'],
  ['gate-escalate', 'Escalated'],
  ['lock', 'Locks taken'],
  ['hand-lock', 'Locked'],
  ['hand-unlock', 'Unlocked'],
  ['freeze', 'Frozen'],
  ['thaw', 'Thawed'],
  ['schedule', 'Scheduled'],
  ['unschedule', 'Unscheduled'],
  ['schedule-fire', 'Schedule fired'],
  ['schedule-missed', 'Schedule missed'],
  ['standing', 'Standing approval asked'],
  ['standing-ask', 'Standing approval put'],
  ['standing-grant', 'Standing approval granted'],
  ['standing-refused', 'Standing approval not granted'],
  ['standing-remind', 'Standing approval reminded'],
  ['standing-over', 'Standing approval over'],
  ['standing-revoke', 'Standing approval revoked'],
  ['backup-advice', 'Backups need attention'],
  ['backup-advice-over', 'Backups in order again'],
  ['backup-sweep', 'Unfinished uploads removed'],
  ['cancel', 'Cancel asked'],
  ['step', 'Step begun'],
  ['intent', 'Call announced'],
  ['observed', 'Call observed'],
  ['step-done', 'Step done'],
  ['cleanup-registered', 'Cleanup noted'],
  ['cleanup-done', 'Put back'],
  ['cleanup-failed', 'Not put back'],
  ['ending', 'Ending'],
  ['end', 'Ended'],
  ['export', 'Audit log exported'],
  ['anchor-failed', 'Audit log not anchored'],
  ['anchor-again', 'Audit log anchored again'],
  ['unreadable', 'Cannot be read'],
]);

/** What happened, in a word or two; an action that this version has no words for is named as it is. */
export function actionWords({ action }: AuditEntry): string {
  const known = ACTIONS.get(action);
  if (known !== undefined) return known;
  const words = action.replaceAll('-', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/**
 * What an entry says beside who, where and what: what was typed, its reason in words, then its details; at most so many
 * characters.
 */
export function detailWords({ reason, detail }: AuditEntry, most: number): string {
  const { text, ...rest } = detail;
  const parts = [
    ...(typeof text === 'string' && text !== '' ? [text] : []),
    ...(reason === null ? [] : [reasonText(reason)]),
    ...Object.entries(rest).flatMap(([name, value]) => (isTold(name, value) ? [partWords(name, value)] : [])),
  ];
  const whole = parts.map((part, index) => (index === parts.length - 1 ? part : part.replace(/\.$/, ''))).join('; ');
  return whole.length <= most
    ? whole
    : `${whole
        .slice(0, most - 1)
        .toWellFormed()
        .trimEnd()}…`;
}

function reasonText(reason: string): string {
  return Object.entries(REASONS).find(([code]) => code === reason)?.[1].text ?? reason;
}

/** Only machines compare hashes; and what is not there, or not so, tells nothing. */
function isTold(name: string, value: Json): boolean {
  if (value === null || value === '' || value === false || name === 'hash') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** Sentences need no name before them. */
function partWords(name: string, value: Json): string {
  if (name === 'why' || name === 'note') return valueWords(value);
  return `${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}: ${valueWords(value)}`;
}

function valueWords(value: Json): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(valueWords).join(', ');
  return JSON.stringify(value);
}

/** Told by what follows: a decision, a request. */
const FORERUNNERS: ReadonlySet<string> = new Set(['vote', 'schedule-fire', 'standing-ask']);

/** Steps of the machinery, which the entries around them tell in short; the same by a person is something else. */
const NOISE: ReadonlySet<string> = new Set([
  'plan',
  'question',
  'gate-open',
  'gate-remind',
  'standing-remind',
  'lock-wait',
  'window-wait',
  'lock',
  'step',
  'intent',
  'observed',
  'step-done',
  'cleanup-registered',
  'cleanup-done',
  'ending',
]);

/**
 * Whether people in the audit channel are told of an entry: what people asked, were refused and decided, how it ended, and every
 * change of rules. An action that is not known here is told.
 */
export function isWorthTelling({ action, actor }: AuditEntry): boolean {
  return !FORERUNNERS.has(action) && (actor !== null || !NOISE.has(action));
}
