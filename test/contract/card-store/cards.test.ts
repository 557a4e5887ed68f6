import { describe, expect, test, vi } from 'vitest';
import type { CardRecord, IncidentRecord } from '../../../src/core/ports/card-store.ts';
import { claimed, foreign, LONG, NOW, newRun, owned, versionOf } from '../run-store/samples.ts';
import { implementations, type Stores, useStores } from '../run-store/stores.ts';

const card: CardRecord = {
  runId: 'a',
  channel: 'C0OPS',
  threadTs: null,
  ts: '1700000000.000100',
  posting: false,
  shownVersion: -1,
  shownDigest: '',
  shownUrgency: '',
  doubts: 0,
  replaces: 'https://slack.example/archives/C0OLD/p1',
  threadEvents: 3,
  final: false,
};

function incident(changes: Partial<IncidentRecord> = {}): IncidentRecord {
  const cause = { run: 'a', runbook: 'etcd-defrag', reason: 'member-silent', at: '2026-11-21T10:00:00.000Z' } as const;
  return {
    incident: {
      id: 'a',
      cluster: 'prod',
      openedAt: cause.at,
      cause: { ...cause, note: 'm-2 <is> silent', done: ['Done: 0 of 2 steps.'], unhealthy: null },
      also: [],
      work: { run: 'b', runbook: 'etcd-defrag', words: 'running' },
      closed: null,
      judged: ['a'],
    },
    channel: 'C0INC',
    ts: '1700000000.000200',
    posting: false,
    shownDigest: 'x',
    links: { a: 'https://example.slack.com/archives/C0OPS/p1' },
    doubts: 0,
    older: [],
    ...changes,
  };
}

describe.each(implementations)('card store ($name)', ({ start }) => {
  let stores: Stores;
  useStores(start, (opened) => {
    stores = opened;
  });

  async function dirty(): Promise<readonly (readonly [string, number])[]> {
    return (await stores.cards.dirty(100)).map(({ runId, version }) => [runId, version]);
  }

  test('every write makes the card dirty; the one that waits longest comes first', async () => {
    await stores.runs.create(newRun('b'));
    await stores.runs.create(newRun('a'));
    await stores.runs.append('b', foreign('k', 1, { events: [] }));
    expect(await dirty()).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
    expect((await stores.cards.dirty(1)).map((each) => each.runId)).toEqual(['b']);
    await stores.cards.clean('b', 2);
    expect(await dirty()).toEqual([['a', 1]]);
    await stores.runs.append('b', foreign('k2', 2));
    expect((await dirty()).map(([id]) => id)).toEqual(['a', 'b']);
  });

  test('leases change no card', async () => {
    const lease = await claimed(stores.runs, 'a');
    await stores.cards.clean('a', 1);
    await stores.runs.renew(lease, LONG, NOW);
    await stores.runs.park(lease, 1, NOW);
    expect(await dirty()).toEqual([]);
  });

  test('a run that changed while its card was being sent stays dirty', async () => {
    await stores.runs.create(newRun('a'));
    const [taken] = await stores.cards.dirty(1);
    await stores.runs.append('a', foreign('k', 1));
    await stores.cards.clean('a', taken?.version ?? 0);
    expect(await dirty()).toEqual([['a', 2]]);
    await stores.cards.clean('a', 2);
    expect(await dirty()).toEqual([]);
  });

  test('a touched run is dirty, also when it is touched while its card was being sent', async () => {
    await stores.runs.create(newRun('a'));
    await stores.cards.clean('a', 1);
    await stores.cards.touch('a');
    expect(await dirty()).toEqual([['a', 1]]);
    await stores.cards.touch('a');
    await stores.cards.clean('a', 1);
    expect(await dirty()).toEqual([['a', 1]]);
    await stores.cards.clean('a', 1);
    expect(await dirty()).toEqual([]);
    expect(await versionOf(stores.runs, 'a')).toBe(1);
    await stores.cards.touch('missing');
    expect(await dirty()).toEqual([]);
  });

  test('a card is read as it was saved, and changes neither the run nor what is dirty', async () => {
    await stores.runs.create(newRun('a'));
    await stores.cards.clean('a', 1);
    expect(await stores.cards.card('a')).toBeNull();
    await stores.cards.save({ ...card, posting: true, ts: null });
    await stores.cards.save(card);
    expect(await stores.cards.card('a')).toEqual(card);
    expect(await dirty()).toEqual([]);
    expect(await versionOf(stores.runs, 'a')).toBe(1);
  });

  test('a card goes when its run goes, and makes none', async () => {
    const lease = await claimed(stores.runs, 'a');
    await stores.cards.save(card);
    await stores.runs.append('a', owned(lease, 1, { end: { keepMs: LONG, nowMs: NOW } }));
    expect(await stores.cards.card('a')).toEqual(card);
    await stores.runs.prune(NOW + LONG);
    expect(await stores.cards.card('a')).toBeNull();
    await stores.cards.save(card);
    expect(await stores.cards.card('a')).toBeNull();
    expect(await stores.runs.read('a')).toBeNull();
  });

  test('an incident is read as it was saved, one a cluster, and outlives the run it names', async () => {
    expect(await stores.cards.incident('prod')).toBeNull();
    await stores.cards.saveIncident(incident({ ts: null, posting: true }));
    await stores.cards.saveIncident(incident());
    expect(await stores.cards.incident('prod')).toEqual(incident());
    expect(await stores.cards.incident('staging')).toBeNull();
    const lease = await claimed(stores.runs, 'a');
    await stores.runs.append('a', owned(lease, 1, { end: { keepMs: LONG, nowMs: NOW } }));
    await stores.runs.prune(NOW + LONG);
    expect(await stores.runs.read('a')).toBeNull();
    expect(await stores.cards.incident('prod')).toEqual(incident());
    expect(await dirty()).toEqual([]);
  });

  test('what a process without the office saves is refused; the office alone is asked for', async () => {
    await stores.runs.create(newRun('a'));
    const [old, elected] = [
      { office: 'projector', who: 'bot-1' },
      { office: 'projector', who: 'bot-2' },
    ];
    expect(await stores.cards.save(card, old)).toBe(false);
    expect(await stores.cards.saveIncident(incident(), old)).toBe(false);
    expect(await stores.cards.card('a')).toBeNull();
    expect(await stores.cards.incident('prod')).toBeNull();

    await stores.cards.elect('projector', 'bot-1', 40);
    expect(await stores.cards.save({ ...card, shownVersion: 1 }, old)).toBe(true);
    expect(await stores.cards.saveIncident(incident(), old)).toBe(true);
    await stores.passTime(40);
    await stores.cards.elect('projector', 'bot-2', LONG);
    expect(await stores.cards.save({ ...card, shownVersion: 2 }, elected)).toBe(true);
    expect(await stores.cards.save({ ...card, shownVersion: 1 }, old)).toBe(false);
    expect(await stores.cards.saveIncident(incident({ ts: null }), old)).toBe(false);
    expect(await stores.cards.card('a')).toEqual({ ...card, shownVersion: 2 });
    expect(await stores.cards.incident('prod')).toEqual(incident());
  });

  test('a card that is doubted is read as unknown, and dirty, until it is saved by someone who knew of the doubt', async () => {
    await stores.runs.create(newRun('a'));
    const shown = { ...card, shownDigest: 'x', shownUrgency: 'running' };
    await stores.cards.save(shown);
    await stores.cards.clean('a', 1);
    await stores.cards.doubt('a');
    const doubted = { ...shown, shownDigest: '', shownUrgency: '', doubts: 1 };
    expect(await stores.cards.card('a')).toEqual(doubted);
    expect(await dirty()).toEqual([['a', 1]]);
    await stores.cards.save({ ...shown, threadEvents: 9 });
    expect(await stores.cards.card('a')).toEqual({ ...doubted, threadEvents: 9 });
    await stores.cards.save({ ...shown, doubts: 1 });
    expect(await stores.cards.card('a')).toEqual({ ...shown, doubts: 1 });
    await stores.cards.doubt('missing');
    await stores.cards.clean('a', 1);
    expect(await dirty()).toEqual([]);
  });

  test('an incident that is doubted is read as unknown until it is saved by someone who knew of the doubt', async () => {
    await stores.cards.saveIncident(incident());
    await stores.cards.doubtIncident('prod');
    expect(await stores.cards.incident('prod')).toEqual(incident({ shownDigest: '', doubts: 1 }));
    await stores.cards.saveIncident(incident({ doubts: 1 }));
    expect(await stores.cards.incident('prod')).toEqual(incident({ doubts: 1 }));
    expect(await stores.cards.incident('staging')).toBeNull();
  });

  test('older incidents that wait for their last words are kept with the newest', async () => {
    const { doubts: _doubts, older: _older, ...message } = incident();
    const waiting = incident({ older: [message, { ...message, ts: null, posting: true, links: {} }] });
    await stores.cards.saveIncident(waiting);
    expect(await stores.cards.incident('prod')).toEqual(waiting);
  });

  test('one of many is elected, stays so while it asks, and is succeeded when it falls silent or resigns', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `bot-${index}`);
    const answers = await Promise.all(names.map((name) => stores.cards.elect('projector', name, LONG)));
    expect(answers.filter(Boolean).length).toBe(1);
    const winner = names[answers.indexOf(true)] ?? '';
    expect(await stores.cards.elect('projector', winner, 40)).toBe(true);
    await stores.passTime(40);
    expect(await stores.cards.elect('projector', 'bot-x', LONG)).toBe(true);
    expect(await stores.cards.elect('projector', winner, LONG)).toBe(false);
    expect(await stores.cards.elect('another', winner, LONG)).toBe(true);
    await stores.cards.resign('projector', winner);
    expect(await stores.cards.elect('projector', winner, LONG)).toBe(false);
    await stores.cards.resign('projector', 'bot-x');
    expect(await stores.cards.elect('projector', winner, LONG)).toBe(true);
  });

  test('who listens hears of new, changed and touched runs, until it stops', async () => {
    const heard: string[] = [];
    const stop = await stores.cards.onChange((runId) => heard.push(runId));
    await stores.runs.create(newRun('a'));
    await stores.runs.append('a', foreign('k', 1));
    await stores.runs.append('a', foreign('k', 1));
    await stores.cards.touch('a');
    await stores.runs.create(newRun('b'));
    await vi.waitFor(() => expect(heard).toEqual(['a', 'a', 'a', 'b']));
    const other: string[] = [];
    const stopOther = await stores.cards.onChange((runId) => other.push(runId));
    await stop();
    await stores.cards.touch('missing');
    await stores.runs.create(newRun('c'));
    await vi.waitFor(() => expect(other).toEqual(['c']));
    expect(heard).toEqual(['a', 'a', 'a', 'b']);
    await stopOther();
  });
});
