/** A piece of a message's text. Text is plain text always: whoever shows it must not take it for HTML. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bold' | 'italic' | 'strike' | 'quote'; readonly inner: readonly Piece[] }
  | { readonly kind: 'code' | 'pre'; readonly text: string }
  | { readonly kind: 'link'; readonly href: string; readonly label: string }
  | { readonly kind: 'user' | 'channel' | 'group' | 'everyone'; readonly id: string }
  | { readonly kind: 'date'; readonly seconds: number; readonly format: string; readonly fallback: string };

/** Slack's mrkdwn as pieces: emphasis, code, quotes, references, dates, entities. Lines and spaces are kept as they are. */
export function parseMrkdwn(source: string): readonly Piece[] {
  const parts = source.split(/```\n?([\s\S]+?)\n?```/);
  return parts.flatMap((part, index): readonly Piece[] => {
    if (index % 2 === 1) return [{ kind: 'pre', text: decode(part) }];
    return part === '' ? [] : quotes(part);
  });
}

/** Lines that begin with `>` together are one quote. */
function quotes(source: string): readonly Piece[] {
  const groups: { quoted: boolean; lines: string[] }[] = [];
  for (const line of source.split('\n')) {
    const quoted = /^(&gt;|>)(?!&gt;)/.test(line);
    const text = quoted ? line.replace(/^(&gt;|>) ?/, '') : line;
    const last = groups.at(-1);
    if (last?.quoted === quoted) last.lines.push(text);
    else groups.push({ quoted, lines: [text] });
  }
  return groups.flatMap(({ quoted, lines }): readonly Piece[] => {
    const inner = inline(lines.join('\n'));
    return quoted ? [{ kind: 'quote', inner }] : inner;
  });
}

const EMPHASIS = { '*': 'bold', _: 'italic', '~': 'strike' } as const;

/** Code, a reference in angle brackets, or emphasis whose marks stand at word borders. */
const TOKEN =
  /`([^`\n]+)`|<([^<>\n]+)>|(?<![\p{L}\p{N}*_~])([*_~])(?!\s)((?:(?!\3)[^\n])*?[^\s\n]|[^\s\n])\3(?![\p{L}\p{N}])/gu;

function inline(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of source.matchAll(TOKEN)) {
    pushText(pieces, source.slice(at, match.index));
    const [whole, code, reference, mark, inner] = match;
    if (code !== undefined) pieces.push({ kind: 'code', text: decode(code) });
    else if (reference !== undefined) pieces.push(readReference(reference, whole));
    else if ((mark === '*' || mark === '_' || mark === '~') && inner !== undefined)
      pieces.push({ kind: EMPHASIS[mark], inner: inline(inner) });
    at = match.index + whole.length;
  }
  pushText(pieces, source.slice(at));
  return pieces;
}

function pushText(pieces: Piece[], text: string): void {
  if (text !== '') pieces.push({ kind: 'text', text: decode(text) });
}

function readReference(reference: string, whole: string): Piece {
  const bar = reference.indexOf('|');
  const target = bar === -1 ? reference : reference.slice(0, bar);
  const label = bar === -1 ? undefined : reference.slice(bar + 1);
  if (target.startsWith('@')) return { kind: 'user', id: target.slice(1) };
  if (target.startsWith('#')) return { kind: 'channel', id: target.slice(1) };
  if (target.startsWith('!subteam^')) return { kind: 'group', id: label ?? target.slice('!subteam^'.length) };
  const [, seconds, format] = /^!date\^(\d{1,12})\^([^^]+)/.exec(target) ?? [];
  if (seconds !== undefined && format !== undefined)
    return { kind: 'date', seconds: Number(seconds), format, fallback: decode(label ?? '') };
  if (/^!(channel|here|everyone)$/.test(target)) return { kind: 'everyone', id: target.slice(1) };
  const href = decode(target);
  // Only what a person may follow safely becomes a link.
  if (/^(https?:\/\/|mailto:)/i.test(href)) return { kind: 'link', href, label: decode(label ?? target) };
  return { kind: 'text', text: decode(whole) };
}

/** Slack's three entities, each once: what was escaped twice stays escaped once. */
export function decode(text: string): string {
  return text.replaceAll(/&(lt|gt|amp);/g, (_, name: string) => (name === 'lt' ? '<' : name === 'gt' ? '>' : '&'));
}
