/** Names for ids, as a reader would see them. */
export interface Names {
  user(id: string): string;
  channel(id: string): string;
}

/** Slack's mrkdwn as plain text: mentions and links resolved, dates as their fallback, entities decoded, bold unmarked. */
export function plainText(mrkdwn: string, names: Names): string {
  return mrkdwn
    .replaceAll(/<([^<>\n]+)>/g, (_, inner: string) => reference(inner, names))
    .replaceAll(/(^|[\s(•])\*(\S(?:[^*\n]*\S)?)\*/g, '$1$2')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function reference(inner: string, names: Names): string {
  const bar = inner.indexOf('|');
  const target = bar === -1 ? inner : inner.slice(0, bar);
  const label = bar === -1 ? undefined : inner.slice(bar + 1);
  if (target.startsWith('@')) return `@${names.user(target.slice(1))}`;
  if (target.startsWith('#')) return `#${names.channel(target.slice(1))}`;
  if (target.startsWith('!date^')) return label ?? target;
  if (target.startsWith('!')) return `@${target.slice(1)}`;
  return label === undefined ? target : `${label} (${target})`;
}
