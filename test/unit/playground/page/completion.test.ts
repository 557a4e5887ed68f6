import { expect, test } from 'vitest';
import { complete, take, type Words } from '../../../../playground/page/client/state/complete.ts';
import { readCompletions, verbsOf } from '../../../../playground/page/completions.ts';

const WORDS: Words = {
  commands: [{ command: '/kube', description: 'Maintenance', verbs: ['status', 'show', 'defrag', 'help', 'clusters'] }],
  clusters: ['prod'],
  members: ['m-1', 'm-2'],
  people: ['operator', 'drydock'],
  channels: ['ops', 'incidents'],
  runs: ['defrag-prod-7f3k'],
};

function offered(text: string): readonly string[] {
  return complete(text, text.length, WORDS).suggestions.map((one) => one.label);
}

test.each([
  ['/', ['/kube']],
  ['/kube', []],
  ['/kube ', ['status', 'show', 'defrag', 'help', 'clusters']],
  ['/kube s', ['status', 'show']],
  ['/kube defrag ', ['prod']],
  ['/kube defrag prod ', ['member/m-1', 'member/m-2', '--dry-run']],
  ['/kube defrag prod member/m-2', []],
  ['/kube defrag prod member/m-2 ', []],
  ['/kube status prod ', []],
  ['/kube show ', ['latest', 'defrag-prod-7f3k']],
  ['/kube clusters ', []],
  ['/kube help d', ['defrag']],
  ['/other ', []],
  ['hello @o', ['@operator']],
  ['see #i', ['#incidents']],
  ['@drydock ', ['status', 'show', 'defrag', 'help', 'clusters']],
  ['@drydock status ', ['prod']],
  ['hello there', []],
  ['', []],
])('%j offers %j', (text, labels) => {
  expect(offered(text)).toEqual(labels);
});

test('only what was begun and is one of a few takes Enter away from sending', () => {
  expect(complete('/ku', 3, WORDS).eager).toBe(true);
  expect(complete('/kube', 5, WORDS).eager).toBe(false);
  expect(complete('/kube defrag prod ', 18, WORDS).eager).toBe(false);
});

test('taking a suggestion replaces the piece before the caret and keeps what follows', () => {
  const text = '/kube def prod';
  const { from, suggestions } = complete(text, 9, WORDS);
  const [first] = suggestions;

  expect(first?.label).toBe('defrag');
  expect(first === undefined ? undefined : take(text, 9, from, first)).toEqual({
    text: '/kube defrag prod',
    caret: 13,
  });
});

test('verbs are read off a usage hint', () => {
  expect(verbsOf('status|move-leader|help …')).toEqual(['status', 'move-leader', 'help']);
  expect(verbsOf('[nothing] <of> this')).toEqual([]);
});

test('the manifest of the app gives its commands and verbs', async () => {
  const { commands } = await readCompletions(new URL('../../../../manifest.json', import.meta.url), {
    clusters: ['prod'],
    members: ['m-1'],
  });

  expect(commands.map((one) => one.command)).toEqual(['/kube']);
  expect(commands[0]?.verbs).toContain('defrag');
});
