import { assert, property, string, stringMatching } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldSelector, labelSelector } from '../../../../../playground/kubernetes/api/selectors.ts';
import type { ApiObject } from '../../../../../playground/kubernetes/contracts.ts';

function labelled(labels: Readonly<Record<string, string>>): ApiObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n', labels } };
}

function selects(text: string, labels: Readonly<Record<string, string>>): boolean | string {
  const selector = labelSelector(text);
  return selector.ok ? selector.value(labelled(labels)) : selector.refusal.message;
}

describe('label selectors', () => {
  test.each([
    ['', {}, true],
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'c' }, false],
    ['a!=b', {}, true],
    ['a', { a: '' }, true],
    ['a', {}, false],
    ['!a', {}, true],
    ['a,!b', { a: 'x' }, true],
    ['a in (b, c)', { a: 'c' }, true],
    ['a in (b)', {}, false],
    ['a notin (b)', {}, true],
    ['a notin (b),c=d', { a: 'b', c: 'd' }, false],
    ['a=', { a: '' }, true],
    ['a=,b', { a: '', b: 'x' }, true],
    ['n>3', { n: '4' }, true],
    ['n<3', { n: '4' }, false],
    ['node-role.kubernetes.io/control-plane', { 'node-role.kubernetes.io/control-plane': '' }, true],
  ])('%j on %j: %j', (text, labels, expected) => {
    expect(selects(text, labels)).toBe(expected);
  });

  test.each(['a===b', 'a in b', 'a in (b', '=a', 'a=b c', 'a=b,', '!'])('%j is refused', (text) => {
    expect(selects(text, {})).toMatch(/^unable to parse requirement: found /);
  });

  test('a pair selects exactly the objects that carry it', () => {
    const word = stringMatching(/^[a-z][a-z0-9.-]{0,8}[a-z0-9]$/).filter((each) => each !== 'in' && each !== 'notin');
    assert(
      property(word, word, word, (name, value, other) => {
        expect(selects(`${name}=${value}`, { [name]: value })).toBe(true);
        expect(selects(`${name}=${value}`, { [name]: other })).toBe(value === other);
        expect(selects(`${name} in (${value},${other})`, { [name]: other })).toBe(true);
        expect(selects(`!${name}`, { [name]: value })).toBe(false);
      }),
    );
  });

  test('whatever is written is answered, never thrown', () => {
    assert(
      property(string(), (text) => {
        expect(typeof labelSelector(text).ok).toBe('boolean');
      }),
    );
  });
});

describe('field selectors', () => {
  const pod: ApiObject = { ...labelled({}), spec: { nodeName: 'node-1' }, status: { phase: 'Running' } };

  test.each([
    ['metadata.name=p', true],
    ['spec.nodeName=node-1,status.phase!=Failed', true],
    ['spec.nodeName==node-2', false],
    ['spec.nodeName!=', true],
    ['spec.hostNetwork=false', true],
  ])('%j: %j', (text, expected) => {
    const selector = fieldSelector(text, 'pods');
    expect(selector.ok && selector.value(pod)).toBe(expected);
  });

  test('a field that the kind does not index is refused', () => {
    const selector = fieldSelector('spec.hostname=x', 'pods');
    expect(selector.ok ? '' : selector.refusal.message).toBe('field label not supported: spec.hostname');
  });
});
