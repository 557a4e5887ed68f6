import { assert, dictionary, property, stringMatching } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joiningSettings, misfits, readEnvironment, withSettings } from '../../../../src/core/etcd/environment-file.ts';

const FILE = `# Settings of etcd.

ETCD_NAME=m-2
ETCD_DATA_DIR="/var/lib/etcd"
; older
ETCD_INITIAL_ADVERTISE_PEER_URLS='https://10.0.0.12:2380'
ETCD_INITIAL_CLUSTER=m-1=https://10.0.0.11:2380,m-2=https://10.0.0.12:2380
ETCD_INITIAL_CLUSTER_STATE=new
ETCD_QUOTA_BACKEND_BYTES=8589934592
`;
const MEMBER = { name: 'm-2', peerUrls: ['https://10.0.0.12:2380'], dataDirectory: '/var/lib/etcd' };

function read(text: string): Readonly<Record<string, string>> {
  const settings = readEnvironment(text);
  if (!settings.ok) throw new Error(settings.why);
  return Object.fromEntries(settings.value);
}

describe('reading', () => {
  test('remarks, blanks and quotes as systemd reads them', () => {
    expect(read(FILE)).toEqual({
      ETCD_NAME: 'm-2',
      ETCD_DATA_DIR: '/var/lib/etcd',
      ETCD_INITIAL_ADVERTISE_PEER_URLS: 'https://10.0.0.12:2380',
      ETCD_INITIAL_CLUSTER: 'm-1=https://10.0.0.11:2380,m-2=https://10.0.0.12:2380',
      ETCD_INITIAL_CLUSTER_STATE: 'new',
      ETCD_QUOTA_BACKEND_BYTES: '8589934592',
    });
  });

  test('the last of a name wins; an escaped quote is one', () => {
    expect(read('A=1\nA=2\nB="say \\"x\\""\nC=\n')).toEqual({ A: '2', B: 'say "x"', C: '' });
  });

  test.each([
    ['a line that goes on', 'A=1\\\n2\n', 'line 1'],
    ['a quote that is not closed', 'A=1\nB="2\n', 'line 2'],
    ['two quotes in one value', `A='1'"2"\n`, 'line 1'],
    ['line ends of another system', 'A=1\r\n', 'line 1'],
    ['export', 'export A=1\n', 'line 1'],
    ['a word alone', 'hello\n', 'line 1'],
  ])('%s is not guessed at', (_name, text, where) => {
    expect(readEnvironment(text)).toEqual({ ok: false, why: `${where} of the file cannot be read` });
  });
});

describe('rewriting', () => {
  test('what is set changes in its place, all else stays, a new one comes at the end', () => {
    const text = withSettings(`${FILE}ETCD_NAME=again\n`, {
      ETCD_NAME: 'm-4',
      ETCD_INITIAL_CLUSTER_STATE: null,
      ETCD_LOG_LEVEL: 'warn now',
    });

    expect(text).toBe(`# Settings of etcd.

ETCD_DATA_DIR="/var/lib/etcd"
; older
ETCD_INITIAL_ADVERTISE_PEER_URLS='https://10.0.0.12:2380'
ETCD_INITIAL_CLUSTER=m-1=https://10.0.0.11:2380,m-2=https://10.0.0.12:2380
ETCD_QUOTA_BACKEND_BYTES=8589934592
ETCD_NAME=m-4
ETCD_LOG_LEVEL="warn now"
`);
  });

  test('an empty file, and one without a line break at its end', () => {
    expect(withSettings('', { A: '1' })).toBe('A=1\n');
    expect(withSettings('B=2', { A: '1' })).toBe('B=2\nA=1\n');
  });

  test('whatever is set is read again, and nothing else changes', () => {
    const name = stringMatching(/^[A-Z][A-Z_]{0,8}$/);
    const value = stringMatching(/^[ -~]{0,20}$/).map((text) => text.trim());
    const settings = dictionary(name, value, { noNullPrototype: true });
    assert(
      property(settings, settings, (before, changes) => {
        const once = withSettings('# ours\n', before);
        const twice = withSettings(once, changes);

        expect(read(twice)).toEqual({ ...before, ...changes });
        expect(withSettings(twice, changes)).toBe(twice);
      }),
    );
  });
});

test('a member that joins: the ring as it is and itself, never a new ring', () => {
  const others = [
    { name: 'm-1', peerUrls: ['https://10.0.0.11:2380'] },
    { name: 'm-3', peerUrls: ['https://10.0.0.13:2380', 'https://10.1.0.13:2380'] },
  ];

  expect(joiningSettings({ name: 'm-2', peerUrls: ['https://10.0.0.12:2380'] }, others)).toEqual({
    ETCD_NAME: 'm-2',
    ETCD_INITIAL_ADVERTISE_PEER_URLS: 'https://10.0.0.12:2380',
    ETCD_INITIAL_CLUSTER:
      'm-1=https://10.0.0.11:2380,m-3=https://10.0.0.13:2380,m-3=https://10.1.0.13:2380,m-2=https://10.0.0.12:2380',
    ETCD_INITIAL_CLUSTER_STATE: 'existing',
    ETCD_FORCE_NEW_CLUSTER: null,
    ETCD_DISCOVERY: null,
    ETCD_DISCOVERY_SRV: null,
  });
});

describe('whether a host is the one that is meant', () => {
  test.each([
    ['it is', {}, []],
    ['a slash at the end of its directory', { ETCD_DATA_DIR: '/var/lib/etcd/' }, []],
    ['another member', { ETCD_NAME: 'm-3' }, ["the host's member is m-3, not m-2"]],
    ['other data', { ETCD_DATA_DIR: '/data' }, ['its data are in /data, not in /var/lib/etcd as configured']],
    [
      'etcd chooses its directory',
      { ETCD_DATA_DIR: null },
      ['its data are in its default, not in /var/lib/etcd as configured'],
    ],
    [
      'another address',
      { ETCD_INITIAL_ADVERTISE_PEER_URLS: 'https://10.0.0.13:2380' },
      ['its peer address is https://10.0.0.13:2380, not https://10.0.0.12:2380'],
    ],
    [
      'no address',
      { ETCD_INITIAL_ADVERTISE_PEER_URLS: null },
      ['its peer address is not set, not https://10.0.0.12:2380'],
    ],
    ['a log of its own', { ETCD_WAL_DIR: '/wal' }, ['its log has a directory of its own (/wal), which is not moved']],
    [
      'a file of configuration',
      { ETCD_CONFIG_FILE: '/etc/etcd.yaml' },
      ['etcd reads /etc/etcd.yaml, and not these settings'],
    ],
  ])('%s', (_name, changes, expected) => {
    const settings = readEnvironment(withSettings(FILE, changes));

    expect(settings.ok ? misfits(settings.value, MEMBER) : settings.why).toEqual(expected);
  });
});
