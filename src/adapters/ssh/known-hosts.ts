import { createHmac } from 'node:crypto';

/** A host key as a file of known hosts pins it. */
export interface PinnedKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
  readonly type: string;
  /** The key as it comes over the wire. */
  readonly data: Buffer;
}

/** What a file of known hosts says of one host. */
export interface KnownHost {
  readonly keys: readonly PinnedKey[];
  /** Keys that nobody may show any more. They win over `keys`. */
  readonly revoked: readonly PinnedKey[];
}

/**
 * Reads what a file of known hosts says of a host: plain, hashed and patterned names, `@revoked`. Certificates of hosts
 * (`@cert-authority`) are not supported: such lines pin nothing. Lines that cannot be read pin nothing.
 *
 * Source: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
 *
 * @param host name or address, without brackets
 */
export function knownHost(file: string, host: string, port: number): KnownHost {
  // Another port than ssh's own is part of the name, and the name without it is another one.
  const name = (port === 22 ? host : `[${host}]:${port}`).toLowerCase();
  const keys: PinnedKey[] = [];
  const revoked: PinnedKey[] = [];
  for (const line of file.split(/\r?\n/)) {
    const entry = entryOf(line);
    if (entry === null || !names(entry.hosts, name)) continue;
    if (entry.marker === '@revoked') revoked.push(entry.key);
    else if (entry.marker === '') keys.push(entry.key);
  }
  return { keys, revoked };
}

/** Whether a key that a host shows is one of these. */
export function includesKey(keys: readonly PinnedKey[], shown: Uint8Array): boolean {
  return keys.some(({ data }) => data.equals(shown));
}

interface Entry {
  readonly marker: string;
  readonly hosts: string;
  readonly key: PinnedKey;
}

function entryOf(line: string): Entry | null {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith('@') === true ? (words.shift() ?? '') : '';
  const [hosts, type, base64] = words;
  if (hosts === undefined || hosts.startsWith('#') || type === undefined || base64 === undefined) return null;
  const data = Buffer.from(base64, 'base64');
  // The key names its own type first; a line whose words and key differ is damaged.
  if (data.length < 4) return null;
  const named = data.subarray(4, 4 + data.readUInt32BE(0)).toString('latin1');
  return named === type ? { marker, hosts, key: { type, data } } : null;
}

function names(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return matchesHash(hosts, name);
  const patterns = hosts.toLowerCase().split(',');
  if (patterns.some((each) => each.startsWith('!') && matchesPattern(each.slice(1), name))) return false;
  return patterns.some((each) => !each.startsWith('!') && matchesPattern(each, name));
}

function matchesHash(hashed: string, name: string): boolean {
  const [, version, salt, hash] = hashed.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function matchesPattern(pattern: string, name: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}
