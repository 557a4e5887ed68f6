import type { HostReading } from './host-service.ts';

/** Settings of etcd as its service gets them: `ETCD_NAME`, … */
export type EtcdSettings = ReadonlyMap<string, string>;

const LINE = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/;

/**
 * Reads a file of settings as systemd does (`EnvironmentFile=`): one `NAME=value` a line, the last of a name wins, quotes go. What systemd
 * would read over several lines is not read here: the file is then not ours to rewrite.
 *
 * Source: systemd.exec(5), EnvironmentFile=.
 */
export function readEnvironment(text: string): HostReading<EtcdSettings> {
  const settings = new Map<string, string>();
  for (const [at, line] of text.split('\n').entries()) {
    if (isRemark(line)) continue;
    const [, name, raw] = LINE.exec(line) ?? [];
    const value = raw === undefined ? null : valueOf(raw);
    if (name === undefined || value === null) return { ok: false, why: `line ${at + 1} of the file cannot be read` };
    settings.set(name, value);
  }
  return { ok: true, value: settings };
}

/**
 * The text with these settings, everything else as it was: remarks, order, other settings. A setting that is there more than once stays
 * where the last of them was; a new one comes at the end; `null` takes one out.
 */
export function withSettings(text: string, changes: Readonly<Record<string, string | null>>): string {
  const lines = text.split('\n');
  // A file ends with a line break; without this the new settings would stand behind an empty line.
  const hasEnd = lines.at(-1) === '';
  if (hasEnd) lines.pop();
  const names = lines.map((line) => (isRemark(line) ? null : (LINE.exec(line)?.[1] ?? null)));
  const kept = lines.flatMap((line, at) => {
    const name = names[at] ?? null;
    const change = name === null ? undefined : changes[name];
    if (name === null || change === undefined) return [line];
    return change !== null && names.lastIndexOf(name) === at ? [lineOf(name, change)] : [];
  });
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value === null || names.includes(name) ? [] : [lineOf(name, value)],
  );
  return `${[...kept, ...added].join('\n')}\n`;
}

/** A member as the setting of its whole ring names it. */
export interface NamedPeer {
  readonly name: string;
  readonly peerUrls: readonly string[];
}

/**
 * The settings with which a member that was added to a ring starts for the first time: the ring exactly as its list is, itself among
 * them, and never as a new ring. Those by which it would begin a ring of its own or find one by itself are taken out.
 *
 * @param others every other member, from the list of now
 */
export function joiningSettings(
  member: NamedPeer,
  others: readonly NamedPeer[],
): Readonly<Record<string, string | null>> {
  const cluster = [...others, member].flatMap(({ name, peerUrls }) => peerUrls.map((url) => `${name}=${url}`));
  return {
    ETCD_NAME: member.name,
    ETCD_INITIAL_ADVERTISE_PEER_URLS: member.peerUrls.join(','),
    ETCD_INITIAL_CLUSTER: cluster.join(','),
    ETCD_INITIAL_CLUSTER_STATE: 'existing',
    ETCD_FORCE_NEW_CLUSTER: null,
    ETCD_DISCOVERY: null,
    ETCD_DISCOVERY_SRV: null,
  };
}

/** What a host must say of its member to be the host that is meant. */
export interface ExpectedMember {
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly dataDirectory: string;
}

/** Etcd's own directory when nothing else is set: `<name>.etcd` where it was started. Nobody can tell where that is. */
const NO_DATA_DIRECTORY = 'its default';

/**
 * Why these settings are not those of the member, or not of a kind that can be rewritten; empty: they are. Read before anything on a
 * host is touched, so that the wrong host is never stopped.
 */
export function misfits(settings: EtcdSettings, member: ExpectedMember): readonly string[] {
  const name = settings.get('ETCD_NAME') ?? 'default';
  const directory = (settings.get('ETCD_DATA_DIR') ?? NO_DATA_DIRECTORY).replace(/(?<=.)\/+$/, '');
  const peers = listOf(settings.get('ETCD_INITIAL_ADVERTISE_PEER_URLS') ?? '');
  const unlike = peers.filter((url) => !member.peerUrls.includes(url));
  const wal = settings.get('ETCD_WAL_DIR') ?? '';
  const file = settings.get('ETCD_CONFIG_FILE') ?? '';
  return [
    ...(name === member.name ? [] : [`the host's member is ${name}, not ${member.name}`]),
    ...(directory === member.dataDirectory
      ? []
      : [`its data are in ${directory}, not in ${member.dataDirectory} as configured`]),
    ...(peers.length > 0 && unlike.length === 0
      ? []
      : [`its peer address is ${peers.join(', ') || 'not set'}, not ${member.peerUrls.join(', ')}`]),
    ...(wal === '' ? [] : [`its log has a directory of its own (${wal}), which is not moved`]),
    ...(file === '' ? [] : [`etcd reads ${file}, and not these settings`]),
  ];
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function isRemark(line: string): boolean {
  return /^\s*(?:[#;].*)?$/.test(line);
}

/** The value of `NAME=…`; `null`: it goes on in the next line, or holds what systemd and people read differently. */
function valueOf(raw: string): string | null {
  const text = raw.trim();
  if (text.includes('\r')) return null;
  if (/^[^'"\\]*$/.test(text)) return text;
  const [, single] = /^'([^']*)'$/.exec(text) ?? [];
  if (single !== undefined) return single;
  const [, double] = /^"((?:[^"\\]|\\.)*)"$/.exec(text) ?? [];
  return double === undefined ? null : double.replaceAll(/\\(["\\`$])/g, '$1');
}

function lineOf(name: string, value: string): string {
  if (/^[\w.,:/=@[\]-]*$/.test(value)) return `${name}=${value}`;
  return `${name}="${value.replaceAll(/["\\`$]/g, '\\$&')}"`;
}
