import { type Anchor, anchorText } from '../../../core/audit-chain.ts';
import { actionWords, detailWords } from '../../../core/audit-words.ts';
import type { StoredEntry } from '../../../core/ports/run-store.ts';
import type { Message } from '../render/blocks.ts';
import { code, inline, moment } from '../render/escape.ts';
import { shorten } from '../render/fit.ts';

/** Metadata of what is told in an audit channel: found again by it after a crash. */
export type AuditMetadata =
  | { readonly event_type: 'drydock_audit'; readonly event_payload: { readonly seq: number } }
  | {
      readonly event_type: 'drydock_audit_head';
      readonly event_payload: { readonly seq: number; readonly hash: string };
    };

/** Longest name of a run or cluster that is shown. */
const NAME_CHARS = 100;
/** Longest details that are shown; the whole entry is in the log. */
const DETAIL_CHARS = 500;
const DETAIL_BYTES = 2000;

/**
 * The message on one entry. People are named by their ids, not mentioned: a log calls nobody.
 */
export function entryMessage({ seq, entry }: StoredEntry): Message {
  const who = entry.actor === null ? 'Drydock' : code(entry.actor.user);
  const where = [entry.cluster, entry.run].flatMap((name) => (name === null ? [] : [code(shorten(name, NAME_CHARS))]));
  const when = entry.at === '' ? [] : [moment(entry.at)];
  const head = [`*${shorten(inline(actionWords(entry)), NAME_CHARS)}*`, who, ...where, ...when, `no. ${seq}`].join(
    ' · ',
  );
  const details = shorten(inline(detailWords(entry, DETAIL_CHARS)), DETAIL_BYTES);
  return { text: details === '' ? head : `${head}\n${details}`, blocks: [] };
}

/** In place of a message that Slack refuses. */
export function refusedEntryMessage({ seq, entry }: StoredEntry): Message {
  const where = entry.cluster === null ? 'the mirror' : code(`/kube audit ${shorten(entry.cluster, NAME_CHARS)}`);
  return { text: `Slack does not show entry no. ${seq} of the audit log; ${where} has it.`, blocks: [] };
}

/** The message that anchors a head. Whoever verifies a file compares it with this. */
export function headMessage(head: Anchor): Message {
  const count = head.seq.toLocaleString('en-US');
  const entries = head.seq === 1 ? 'entry' : 'entries';
  return { text: `*Audit*: ${count} ${entries}, head ${code(anchorText(head))}`, blocks: [] };
}
