import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { repositoryFiles, textOf } from '../support/repository.ts';

const files = repositoryFiles();
const pages = files.filter((path) => path.endsWith('.md'));

/** Headings of a page as the anchors that links use. */
function anchorsOf(page: string): readonly string[] {
  const headings = textOf(page).matchAll(/^#{1,6}\s+(.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

/** Links of a page to other places of the repository, without code blocks. */
function linksOf(page: string): readonly string[] {
  const text = textOf(page).replaceAll(/```.*?```/gs, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link));
}

test.each(pages)('%s links only to what is there', (page) => {
  const broken = linksOf(page).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path).replace(/\/$/, '');
    if (!files.some((file) => file === target || file.startsWith(`${target}/`))) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor);
  });

  expect(broken).toEqual([]);
});

test('every picture is on a page', () => {
  const shown = new Set(pages.flatMap((page) => linksOf(page).map((link) => join(dirname(page), link))));
  const pictures = files.filter((path) => path.startsWith('docs/screenshots/'));
  expect(pictures.length).toBeGreaterThan(0);
  expect(pictures.filter((path) => !shown.has(path))).toEqual([]);
});

test('a page that code or docs name is in the repository', () => {
  const known = new Set(pages.map((page) => basename(page)));
  const named = files
    .filter((path) => /\.(ts|mjs|md|yaml|yml|json)$/.test(path) && path !== 'package-lock.json')
    // Recorded answers name pages of their own project.
    .filter((path) => !path.startsWith('test/fixtures/'))
    .flatMap((path) => [...textOf(path).matchAll(/\b([\w-]+\.md)\b/g)].map(([, page = '']) => ({ path, page })));

  expect(named.filter(({ page }) => !known.has(page)).map(({ path, page }) => `${path} names ${page}`)).toEqual([]);
});

test('every npm script, and no other, is explained for developers', () => {
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(textOf('package.json')));
  const own = Object.keys(scripts).filter((name) => !name.startsWith('pre'));
  const explained = textOf('docs/development.md').matchAll(/^\| `npm (?:run )?([\w:]+)` \|/gm);

  expect(new Set([...explained].map(([, name]) => name))).toEqual(new Set(own));
});
