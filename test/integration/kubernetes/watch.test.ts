import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubernetesResult, WatchEvent } from '../../../src/core/ports/kubernetes.ts';
import { recorded } from '../../support/kubernetes-fixtures.ts';
import { POLL, replyOf, startScene } from '../../support/scripted-api.ts';

const QUERY = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'a', labelSelector: 'app=x' };

let scene: Awaited<ReturnType<typeof startScene>>;
let stop: AbortController;
let events: string[];
let ended: Promise<KubernetesResult<null>> | null;
beforeEach(async () => {
  scene = await startScene();
  stop = new AbortController();
  events = [];
  ended = null;
});
afterEach(async () => {
  stop.abort();
  await ended;
  await scene.end();
});

function note(event: WatchEvent): void {
  events.push('object' in event ? `${event.kind} ${event.object.metadata.name}` : event.kind);
}

function start(): Promise<KubernetesResult<null>> {
  ended = scene.port.watch(QUERY, { signal: stop.signal }, note);
  return ended;
}

function list(revision: string, names: readonly string[]) {
  const items = names.map((name) => ({ metadata: { namespace: 'a', name, uid: name, resourceVersion: '1' } }));
  return {
    status: 200,
    body: { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: revision }, items },
  };
}

function line(type: string, name: string, revision: string): string {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'a', name, uid: name, resourceVersion: revision },
  };
  return `${JSON.stringify({ type, object })}\n`;
}

function stream(...lines: readonly string[]): (response: ServerResponse) => ServerResponse {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const each of lines) response.write(each);
    return response;
  };
}

/** Revisions that watches were begun from, oldest first; `list` for a list. */
function begun(): readonly string[] {
  return scene.api.seen.map(({ path }) => {
    const query = new URL(path, 'http://x').searchParams;
    return query.get('watch') === 'true' ? `${query.get('resourceVersion')}` : 'list';
  });
}

test('lists, then follows from that revision; what is asked is what the server needs to send bookmarks and to end', async () => {
  scene.api.answer((seen) =>
    seen.path.includes('watch=true')
      ? (response) => void stream(line('ADDED', 'two', '11'), line('DELETED', 'one', '12'))(response)
      : list('10', ['one']),
  );
  const end = start();
  await expect.poll(() => events, POLL).toEqual(['restarted', 'present one', 'synced', 'added two', 'deleted one']);
  const query = new URL(scene.api.seen[1]?.path ?? '', 'http://x').searchParams;

  expect(Object.fromEntries(query)).toMatchObject({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: '10',
    labelSelector: 'app=x',
  });
  expect(Number(query.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300);
  expect(scene.used.filter((each) => each.endsWith('configmaps')).slice(0, 2)).toEqual([
    'list configmaps',
    'watch configmaps',
  ]);
  stop.abort();
  expect(await end).toEqual({ ok: true, value: null });
});

test('a line that comes in pieces is one event; the revision of a bookmark counts, and no event is lost after a reset', async () => {
  const whole = line('MODIFIED', 'one', '11');
  scene.api.answer((seen, count) => {
    if (!seen.path.includes('watch=true')) return list('10', ['one']);
    if (count > 2) return (response) => void stream(line('ADDED', 'late', '21'))(response);
    return (response, request) => {
      stream(whole.slice(0, 20))(response);
      setImmediate(() => {
        response.write(`${whole.slice(20)}${line('BOOKMARK', '', '20').replace('"name":"",', '')}`);
        setTimeout(() => request.socket.destroy(), 20);
      });
    };
  });
  void start();

  await expect.poll(() => events.at(-1), POLL).toBe('added late');
  expect(events).toEqual(['restarted', 'present one', 'synced', 'modified one', 'added late']);
  expect(begun().slice(0, 3)).toEqual(['list', '10', '20']);
});

test('a stream that stays silent is given up and begun again at its revision', async () => {
  scene.api.answer((seen, count) => {
    if (!seen.path.includes('watch=true')) return list('10', []);
    return (response) => void stream(...(count === 2 ? [] : [line('ADDED', 'x', '11')]))(response);
  });
  void start();

  await expect.poll(() => events.at(-1), POLL).toBe('added x');
  expect(begun().slice(0, 3)).toEqual(['list', '10', '10']);
});

test('a regular end is followed by the next stream at once', async () => {
  scene.api.answer((seen, count) => {
    if (!seen.path.includes('watch=true')) return list('10', []);
    return (response) => {
      const open = stream(line('MODIFIED', `m${count}`, `${10 + count}`))(response);
      if (count < 5) open.end();
    };
  });
  void start();

  await expect.poll(() => events.at(-1), POLL).toBe('modified m5');
  expect(begun().slice(0, 5)).toEqual(['list', '10', '12', '13', '14']);
});

test.each(['20-53-watch-expired', '13-18-cr-watch-expired'])(
  '%s: the past is lost, so it lists again',
  async (name) => {
    const [expired] = [recorded(name).response.body].flat();
    scene.api.answer((seen, count) => {
      if (!seen.path.includes('watch=true')) return list(`${count}0`, [`of-${count}`]);
      return (response) => void stream(...(count === 2 ? [`${JSON.stringify(expired)}\n`] : []))(response);
    });
    void start();

    await expect
      .poll(() => events, POLL)
      .toEqual(['restarted', 'present of-1', 'synced', 'restarted', 'present of-3', 'synced']);
    await expect.poll(() => begun().slice(0, 4), POLL).toEqual(['list', '10', 'list', '30']);
  },
);

test('what passes by itself is waited for: 500, 429 with its time, 503, 504, a refused list', async () => {
  const failures = ['04-07-rv-invalid', '19-03-too-many-requests', '20-09-frozen-get'];
  scene.api.answer((seen, count) => {
    const failure = failures[count - 1];
    if (failure !== undefined) return replyOf(failure);
    return seen.path.includes('watch=true') ? (response) => void stream()(response) : list('10', ['one']);
  });
  void start();

  await expect.poll(() => events, POLL).toEqual(['restarted', 'present one', 'synced']);
});

test.each([
  ['04-10-forbidden', 'forbidden'],
  ['14-01-bad-token', 'unauthorized'],
  ['13-25-gone', 'no-such-kind'],
  ['03-16-list-field-unsupported', 'invalid'],
])('%s ends it as %s', async (name, code) => {
  scene.api.answer(() => replyOf(name));
  const end = await start();

  expect(end.ok ? 'ok' : end.error.code).toBe(code);
  expect(events).toEqual([]);
});

test('closing the port ends it', async () => {
  scene.api.answer((seen) =>
    seen.path.includes('watch=true') ? (response) => void stream()(response) : list('10', []),
  );
  const end = start();
  await expect.poll(() => begun().slice(0, 2), POLL).toEqual(['list', '10']);
  await scene.port.close();

  expect(await end).toMatchObject({ ok: false, error: { code: 'cancelled' } });
});

test('what the receiver of events throws is its own fault and is not swallowed', async () => {
  scene.api.answer((seen) =>
    seen.path.includes('watch=true') ? (response) => void stream(line('ADDED', 'x', '11'))(response) : list('10', []),
  );
  const end = scene.port.watch(QUERY, { signal: stop.signal }, (event) => {
    if (event.kind === 'added') throw new Error('a bug of the receiver');
  });

  await expect(end).rejects.toThrow('a bug of the receiver');
});
