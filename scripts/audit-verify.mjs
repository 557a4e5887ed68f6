// Proves the chain of a mirror or an export of the audit log. Needs no Redis, no Slack and no configuration.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createFileStore } from '../src/adapters/object-store/file.ts';
import { createS3Store } from '../src/adapters/object-store/s3.ts';
import { canonicalDigest } from '../src/adapters/runtime/canonical-digest.ts';
import { readAnchors } from '../src/core/anchor-object.ts';
import { anchorText, readAnchor } from '../src/core/audit-chain.ts';
import { verifyChain } from '../src/core/audit-verify.ts';

/** @typedef {import('../src/core/audit-verify.ts').ProvenChain} ProvenChain */
/** @typedef {import('../src/core/audit-verify.ts').BrokenChain} BrokenChain */
/** @typedef {import('../src/core/audit-verify.ts').ChainDemands} ChainDemands */
/** @typedef {import('../src/core/audit-chain.ts').Anchor} Anchor */
/** @typedef {import('../src/core/anchor-object.ts').KeptAnchor} KeptAnchor */
/** @typedef {import('../src/core/ports/object-store.ts').ObjectStore} ObjectStore */
/** @typedef {{ readonly place: string, readonly anchors: readonly KeptAnchor[], readonly strange: readonly string[] }} Kept */
/** @typedef {{ readonly file: string, readonly given: readonly Anchor[], readonly from: number | null, readonly to: number | null, readonly store: ObjectStore | null }} Asked */

const USAGE = `Usage: npm run audit:verify -- FILE [--anchors PLACE] [--anchor SEQ:HASH]… [--from SEQ] [--to SEQ]

  --anchors PLACE     every anchor in this folder, or in s3://bucket/prefix, has to fit.
  --anchor SEQ:HASH   entry SEQ has to have this hash: as the audit channel has it. May be repeated.
  --from SEQ          the file has to begin with this entry. A whole log begins with 1.
  --to SEQ            the file has to end with this entry; newer anchors are not compared. For a file that is older than they are.

For s3://… the environment has credentials and region, as for AWS tools; or:
  --credentials FILE  --region REGION  --endpoint URL  --path-style

Exit code 0: proven. 1: broken, and the first broken entry is named. 2: it could not be looked at.`;

/** Exit codes. */
const PROVEN = 0;
const BROKEN = 1;
const UNREAD = 2;

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}

/** @param {unknown} error */
function wordsOf(error) {
  return error instanceof Error ? error.message : String(error);
}

const OPTIONS = /** @type {const} */ ({
  anchor: { type: 'string', multiple: true },
  anchors: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  credentials: { type: 'string' },
  region: { type: 'string' },
  endpoint: { type: 'string' },
  'path-style': { type: 'boolean' },
});

/**
 * What was asked for, or why it cannot be understood.
 *
 * @param {readonly string[]} words
 * @returns {Asked | { readonly problem: string }}
 */
function readWords(words) {
  try {
    const { values, positionals } = parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) return { problem: 'Name one file.' };
    const texts = values.anchor ?? [];
    const given = texts.flatMap((text) => readAnchor(text) ?? []);
    if (given.length < texts.length)
      return { problem: 'An anchor looks like 17:9f86d081…, with all 64 characters of the hash.' };
    const { from = null, to = null } = values;
    if (![from, to].every((each) => each === null || /^[1-9]\d{0,14}$/.test(each)))
      return { problem: '--from and --to take the number of an entry.' };
    const store = values.anchors === undefined ? null : storeOf(values.anchors, values);
    return { file, given, store, from: from === null ? null : Number(from), to: to === null ? null : Number(to) };
  } catch (error) {
    return { problem: wordsOf(error) };
  }
}

/**
 * @param {string} place
 * @param {{ readonly credentials?: string, readonly region?: string, readonly endpoint?: string, readonly 'path-style'?: boolean }} options
 */
function storeOf(place, options) {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(place) ?? [];
  if (bucket === undefined) return createFileStore(place);
  const { credentials, region, endpoint, 'path-style': forcePathStyle = false } = options;
  const where = { bucket, prefix, region: region ?? null, endpoint: endpoint ?? null, forcePathStyle };
  const settings = /** @type {const} */ ({ encryption: null, retentionMode: 'compliance' });
  return createS3Store(
    { ...settings, ...where, credentialsFile: credentials ?? null },
    { env: process.env, nowMs: () => Date.now() },
  );
}

/**
 * The file as text; `null`: its bytes are no UTF-8, so nothing that Drydock wrote.
 *
 * @param {string} file
 */
function readText(file) {
  const bytes = readFileSync(file);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** @param {number} count */
function entries(count) {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'entry' : 'entries'}`;
}

/** @param {ProvenChain} found */
function tellProven({ first, last, unchained, links, head }) {
  const chained = last - first + 1 - unchained;
  if (chained > 0)
    say(
      `Proven: ${entries(chained)}, from ${first + unchained} to ${last}. Each follows the one before it, unchanged.`,
    );
  if (unchained > 0)
    say(
      `Not proven: ${entries(unchained)}, from ${first} to ${first + unchained - 1}. They are from before the chain.`,
    );
  if (links > 0) say(`Of ${entries(links)} only the link is here, without what it says.`);
  if (first > 1) say(`What came before entry ${first} is not in this file.`);
  if (head !== null) say(`Head: ${anchorText(head)}`);
}

/**
 * @param {ProvenChain} found
 * @param {Asked} asked
 * @param {Kept | null} kept
 */
function tellAnchors({ first, last, compared }, { given, to }, kept) {
  if (compared === 0) say('Without an anchor it cannot be seen whether newer entries were cut off.');
  else say(compared === 1 ? 'The anchor fits.' : `All ${compared} anchors fit.`);
  const all = [...given, ...(kept?.anchors ?? [])];
  const [older, newer] = [all.filter(({ seq }) => seq < first - 1), all.filter(({ seq }) => seq > last)];
  if (older.length > 0) say(`Not compared: ${older.length} from before the file.`);
  if (to !== null && newer.length > 0) say(`Not compared: ${newer.length} from behind entry ${to}.`);
  const newest = kept?.anchors.findLast(({ seq }) => seq <= last);
  if (newest !== undefined && newest.seq < last)
    say(`Entries ${newest.seq + 1} to ${last} are newer than the newest anchor in ${kept?.place}, of ${newest.at}.`);
}

/**
 * @param {BrokenChain} found
 * @param {boolean} anchored whether there was anything to compare with
 */
function tellBroken(found, anchored) {
  say(`Broken at line ${found.line}: ${found.words}`);
  say('Everything before it fits. What stands behind it was not looked at.');
  if (found.fault === 'cut-tail')
    say('If the file is older than that anchor, name the entry that it has to end with: --to SEQ.');
  if (found.anchored !== null) say(`Up to entry ${found.anchored} it is the log that was anchored.`);
  else if (anchored && found.fault === 'other-chain')
    say('No anchor before it fits: the log was written anew from its beginning, or the anchors are of another log.');
}

/**
 * The anchors of a store, or why they cannot be had.
 *
 * @param {ObjectStore | null} store
 * @returns {Promise<Kept | null | { readonly problem: string }>}
 */
async function anchorsOf(store) {
  if (store === null) return null;
  const read = await readAnchors(store);
  if (!read.ok) return { problem: `The anchors cannot be read: ${read.error.message} (${read.error.code}).` };
  if (read.value.anchors.length === 0 && read.value.strange.length === 0)
    return { problem: `There are no anchors in ${store.place}.` };
  return { place: store.place, ...read.value };
}

/**
 * @param {string} text
 * @param {Asked} asked
 * @param {Kept | null} kept
 */
function judge(text, asked, kept) {
  const anchors = [...asked.given, ...(kept?.anchors ?? [])];
  const last = asked.to === null ? {} : { last: asked.to };
  const found = verifyChain(canonicalDigest, text, { anchors, first: asked.from, ...last });
  for (const key of kept?.strange ?? [])
    say(`${key} in ${kept?.place} is no anchor as Drydock writes it: it was changed.`);
  if (!found.ok) {
    tellBroken(found, anchors.length > 0);
    return BROKEN;
  }
  const early = asked.given.some(({ seq }) => seq < found.first - 1);
  if (early || (kept !== null && found.compared === 0)) {
    if (early) say(`Not compared: an anchor lies before entry ${found.first}, with which the file begins.`);
    else say(`Not compared: of the anchors in ${kept?.place}, none is of entries ${found.first - 1} to ${found.last}.`);
    return UNREAD;
  }
  tellProven(found);
  tellAnchors(found, asked, kept);
  return (kept?.strange.length ?? 0) > 0 ? UNREAD : PROVEN;
}

/** @param {readonly string[]} words */
async function main(words) {
  const asked = readWords(words);
  if ('problem' in asked) {
    process.stderr.write(`${asked.problem}\n\n${USAGE}\n`);
    return UNREAD;
  }
  let text;
  try {
    text = readText(asked.file);
  } catch (error) {
    process.stderr.write(`The file cannot be read: ${wordsOf(error)}\n`);
    return UNREAD;
  }
  if (text === null) {
    say('Broken: the file is not UTF-8, so it is not as Drydock wrote it.');
    return BROKEN;
  }
  const kept = await anchorsOf(asked.store);
  if (kept !== null && 'problem' in kept) {
    process.stderr.write(`${kept.problem}\n`);
    return UNREAD;
  }
  return judge(text, asked, kept);
}

process.exitCode = await main(process.argv.slice(2));
