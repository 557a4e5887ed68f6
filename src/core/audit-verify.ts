import { type Anchor, AuditLine, CHAIN_START, isLinked } from './audit-chain.ts';
import type { Digest } from './ports/runtime.ts';

/** What is wrong with a chain. */
export type ChainFault =
  /** The line is not one that Drydock wrote: no JSON, other fields, another spelling, cut off. */
  | 'unreadable'
  /** Content, number or links were changed. */
  | 'altered'
  /** Entries are not there. */
  | 'missing'
  /** It stands behind one with a larger number. */
  | 'out-of-order'
  /** It is there twice. */
  | 'doubled'
  /** It has no hash, although it stands behind one that has. */
  | 'unchained'
  /** The chain does not begin where it has to. */
  | 'wrong-start'
  /** The newest entries are not there. */
  | 'cut-tail'
  /** It does not end where it has to. */
  | 'wrong-end'
  /** It is not the entry that was anchored. */
  | 'other-chain';

/** The first thing that is wrong. */
export interface BrokenChain {
  readonly ok: false;
  readonly fault: ChainFault;
  /** Line of the text, counted from 1; one more than there are when the end is what is wrong. */
  readonly line: number;
  /** The entry it is about; `null`: it cannot be told. */
  readonly seq: number | null;
  /** In one sentence. */
  readonly words: string;
  /** Newest anchored entry before it that fits: up to there it is the log that was anchored; `null`: none. */
  readonly anchored: number | null;
}

/** A chain in which everything fits. */
export interface ProvenChain {
  readonly ok: true;
  readonly first: number;
  readonly last: number;
  /** Entries at the beginning that are from before the chain: nothing proves them. */
  readonly unchained: number;
  /** Entries of which only the link is there. */
  readonly links: number;
  /** How many of the anchors lie in it, or right before it, and fit. */
  readonly compared: number;
  /** The last entry; `null`: nothing is chained yet. */
  readonly head: Anchor | null;
}

/** An anchor, and when it was noted, where that is known. */
export interface NotedAnchor extends Anchor {
  /** ISO 8601. */
  readonly at?: string;
}

/** What a text is compared with. */
export interface ChainDemands {
  /** Places that were noted elsewhere. */
  readonly anchors: readonly NotedAnchor[];
  /** Number of the first entry that has to be there; `null`: wherever it begins. */
  readonly first: number | null;
  /** Number of the last entry that has to be there: anchors behind it are not compared. Left out: wherever it ends. */
  readonly last?: number;
}

interface Seen {
  readonly line: AuditLine;
  readonly hash: string | null;
}

/** Proves a mirror or an export, or names the first entry that does not fit. Total: it answers for any text. */
export function verifyChain(digest: Digest, text: string, demands: ChainDemands): ProvenChain | BrokenChain {
  if (text === '') return { ...broken('missing', 1, null, 'The file is empty.'), anchored: null };
  const { last = Number.POSITIVE_INFINITY } = demands;
  const reach = { ...demands, anchors: demands.anchors.filter(({ seq }) => seq <= last) };
  const walked = walk(digest, text, reach);
  const { first, before, fault, lines } = walked;
  const compared = reach.anchors.filter(({ seq }) => seq >= first - 1 && seq <= (before?.line.seq ?? 0));
  const end = fault ?? endFault(reach, before, lines + 1);
  if (end !== null || before === null) {
    const anchored = compared.length === 0 ? null : Math.max(...compared.map(({ seq }) => seq));
    return { ...(end ?? unreadable(1)), anchored };
  }
  const { seq, hash } = before.line;
  const head = hash === null ? null : { seq, hash };
  return {
    ok: true,
    first,
    last: seq,
    unchained: walked.unchained,
    links: walked.links,
    compared: compared.length,
    head,
  };
}

interface Walked {
  readonly first: number;
  readonly unchained: number;
  readonly links: number;
  /** Lines there are. */
  readonly lines: number;
  /** The last one that fits. */
  readonly before: Seen | null;
  readonly fault: Fault | null;
}

/** Goes from line to line until one does not fit. */
function walk(digest: Digest, text: string, demands: ChainDemands): Walked {
  const lines = text.split('\n');
  const end = lines.pop();
  const numbers = new Set<number>();
  let before: Seen | null = null;
  let [first, unchained, links] = [0, 0, 0];
  for (const [index, raw] of lines.entries()) {
    const line = readLine(digest, raw);
    const fault =
      line === null
        ? unreadable(index + 1)
        : (judge({ digest, before, line, at: index + 1, lines, numbers }) ?? strays(demands, before, line, index + 1));
    if (line === null || fault !== null)
      return { first, unchained, links, lines: lines.length, before, fault: fault ?? unreadable(index + 1) };
    if (before === null) first = line.seq;
    if (line.hash === null) unchained += 1;
    if ('entryHash' in line) links += 1;
    numbers.add(line.seq);
    before = { line, hash: line.hash };
  }
  const at = lines.length + 1;
  const fault = end === '' ? null : broken('unreadable', at, null, `Line ${at} is cut off: it does not end.`);
  return { first, unchained, links, lines: lines.length, before, fault };
}

type Fault = Omit<BrokenChain, 'anchored'>;

function broken(fault: ChainFault, line: number, seq: number | null, words: string): Fault {
  return { ok: false, fault, line, seq, words };
}

function unreadable(line: number): Fault {
  return broken('unreadable', line, null, `Line ${line} is not an entry as Drydock writes it: it was changed.`);
}

/** A line that is exactly as Drydock writes it, to the byte; `null`: it is not. */
function readLine(digest: Digest, raw: string): AuditLine | null {
  try {
    const line = AuditLine.safeParse(JSON.parse(raw));
    return line.success && digest.text(line.data) === raw ? line.data : null;
  } catch {
    return null;
  }
}

interface Turn {
  readonly digest: Digest;
  readonly before: Seen | null;
  readonly line: AuditLine;
  readonly at: number;
  readonly lines: readonly string[];
  readonly numbers: ReadonlySet<number>;
}

function judge(turn: Turn): Fault | null {
  const { before, line, at } = turn;
  const misplaced = before === null ? null : misplacement(turn, before.line.seq + 1);
  if (misplaced !== null) return misplaced;
  if (line.hash === null || line.prev === null) return unchainedFault(line, before, at);
  const entryHash = 'entryHash' in line ? line.entryHash : turn.digest.of(line.entry);
  if (!isLinked(turn.digest, line, entryHash))
    return broken('altered', at, line.seq, `Entry ${line.seq} was altered: its hash is not the one of what it says.`);
  return followFault(line, before, at);
}

/** Its number has to be the next one. */
function misplacement({ line: { seq }, at, lines, numbers }: Turn, expected: number): Fault | null {
  if (seq === expected) return null;
  if (numbers.has(seq)) {
    return seq === expected - 1
      ? broken('doubled', at, seq, `Entry ${seq} is there twice.`)
      : broken('out-of-order', at, seq, `Entry ${seq} is out of order: entry ${expected} has to stand there.`);
  }
  if (seq < expected)
    return broken('out-of-order', at, seq, `Entry ${seq} is out of order: it stands behind entry ${expected - 1}.`);
  const later = lines.slice(at).some((raw) => raw.endsWith(`"seq":${expected}}`));
  if (later)
    return broken('out-of-order', at, seq, `Entry ${seq} is out of order: entry ${expected} stands behind it.`);
  const which =
    seq === expected + 1 ? `Entry ${expected} is missing.` : `Entries ${expected} to ${seq - 1} are missing.`;
  return broken('missing', at, expected, which);
}

function unchainedFault({ seq, hash, prev }: AuditLine, before: Seen | null, at: number): Fault | null {
  if (hash !== prev) return broken('altered', at, seq, `Entry ${seq} was altered: it has only one of its two hashes.`);
  if (before === null || before.hash === null) return null;
  return broken('unchained', at, seq, `Entry ${seq} has no hash, although the chain had begun before it.`);
}

/** The hash before it has to be the one it names. */
function followFault({ seq, prev }: AuditLine, before: Seen | null, at: number): Fault | null {
  const isStart = before === null ? seq === 1 : before.hash === null;
  if (isStart) {
    return prev === CHAIN_START
      ? null
      : broken('wrong-start', at, seq, `Entry ${seq} is not the start of a chain: it names an entry before it.`);
  }
  if (before === null || prev === before.hash) return null;
  const words = `Entry ${seq} does not follow entry ${seq - 1}: one of the two was replaced.`;
  return broken('altered', at, seq, words);
}

/** Whether it begins elsewhere than it has to, or is not what was anchored. */
function strays({ anchors, first }: ChainDemands, before: Seen | null, line: AuditLine, at: number): Fault | null {
  const { seq, prev, hash } = line;
  if (before === null && first !== null && seq !== first)
    return broken('wrong-start', at, seq, `The file begins with entry ${seq}; it has to begin with entry ${first}.`);
  const own = anchors.find((anchor) => anchor.seq === seq && anchor.hash !== hash);
  if (own !== undefined)
    return broken('other-chain', at, seq, `Entry ${seq} is not the one that was anchored: its hash is another one.`);
  const previous =
    before === null ? anchors.find((anchor) => anchor.seq === seq - 1 && anchor.hash !== prev) : undefined;
  if (previous === undefined) return null;
  return broken('other-chain', at, seq, `Entry ${seq} does not follow entry ${seq - 1} as it was anchored.`);
}

function endFault({ anchors, last }: ChainDemands, before: Seen | null, at: number): Fault | null {
  const end = before?.line.seq ?? 0;
  if (last !== undefined && end !== last)
    return broken('wrong-end', at, end, `The file ends with entry ${end}; it has to end with entry ${last}.`);
  const furthest = anchors.toSorted((a, b) => b.seq - a.seq)[0];
  if (furthest === undefined || furthest.seq <= end) return null;
  const when = furthest.at === undefined ? '' : ` at ${furthest.at}`;
  const words = `The end was cut off: entry ${furthest.seq} was anchored${when}, and the file ends with entry ${end}.`;
  return broken('cut-tail', at, end + 1, words);
}
