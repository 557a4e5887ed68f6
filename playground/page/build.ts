import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLIENT = fileURLToPath(new URL('./client', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Builds the page with Vite unless it is already built from these very sources. Answers the folder with the result,
 * below the git-ignored `.drydock/`.
 *
 * @throws Error with Vite's words when it cannot be built.
 */
export async function buildPage(onBuild: () => void = () => undefined): Promise<string> {
  const folder = join(REPOSITORY, '.drydock', `page-${await hashOfSources()}`);
  if (await exists(join(folder, 'index.html'))) return folder;
  onBuild();
  const unfinished = `${folder}.${process.pid}`;
  // Loaded late: most starts have nothing to build.
  const { build } = await import('vite');
  await build({
    root: CLIENT,
    configFile: false,
    logLevel: 'silent',
    base: '/page/',
    // Whoever builds it, tests too, gets the page that people get.
    mode: 'production',
    oxc: { jsx: { runtime: 'automatic', development: false } },
    define: { 'process.env.NODE_ENV': JSON.stringify('production') },
    build: {
      outDir: unfinished,
      emptyOutDir: true,
      // Nothing inline: the page's security policy forbids it.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 2_000,
      reportCompressedSize: false,
    },
  });
  try {
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Somebody else built the same at the same time.
    if (!(await exists(join(folder, 'index.html')))) throw error;
  }
  await removeOlder(folder);
  return folder;
}

const HOUR_MS = 3_600_000;

/** Builds of earlier sources; young ones may be in use by somebody else. */
async function removeOlder(kept: string): Promise<void> {
  const parent = join(REPOSITORY, '.drydock');
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (!name.startsWith('page-') || path === kept) continue;
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > HOUR_MS) await rm(path, { recursive: true, force: true });
  }
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const found = await readdir(CLIENT, { recursive: true, withFileTypes: true });
  const paths = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const others = [
    join(CLIENT, '..', 'contract.ts'),
    join(CLIENT, '..', 'build.ts'),
    join(REPOSITORY, 'package-lock.json'),
  ];
  for (const path of [...paths.toSorted(), ...others])
    hash.update(path.slice(REPOSITORY.length)).update(await readFile(path));
  return hash.digest('hex').slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
