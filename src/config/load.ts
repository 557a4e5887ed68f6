import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { buildConfig } from './build.ts';
import { backupFiles, backupFolders, checkBackups } from './check-backups.ts';
import { checkClusters, namedFiles } from './check-clusters.ts';
import { checkKubernetes } from './check-kubernetes.ts';
import { checkOwnNames } from './check-names.ts';
import { checkPolicy, type NamedCommand } from './check-policy.ts';
import { type CronProblem, checkWindows } from './check-windows.ts';
import type { Config } from './config.ts';
import { configFileOf, type Environment, type ProcessRole, readEnvironment } from './environment.ts';
import { createFindings, type Findings } from './findings.ts';
import { type ConfigProblem, sortProblems } from './problem.ts';
import { type ReadableParts, readableParts } from './readable-parts.ts';
import { ConfigFile } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { parseYamlSource } from './yaml-source.ts';

/** What is to be loaded. */
export interface LoadOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly role: ProcessRole;
  /** Every command there is; rules may name no other. */
  readonly commands: readonly NamedCommand[];
  /** Says what is wrong with a cron expression in a zone. */
  readonly cronProblem: CronProblem;
  /** Folder that a relative `DRYDOCK_CONFIG` is taken from. */
  readonly folder: string;
}

/** Everything a process needs to know, or everything that is wrong, together. */
export type LoadResult =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly environment: Environment;
      readonly warnings: readonly ConfigProblem[];
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[]; readonly warnings: readonly ConfigProblem[] };

/**
 * Reads and checks configuration and environment. Opens no connection. The bot does not look for certificate and
 * kubeconfig files: it has none.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadResult> {
  const shown = configFileOf(options.env);
  const environment = readEnvironment(options.env, options.role);
  const file = await checkFile(resolve(options.folder, shown), shown, options);
  const problems = sortProblems([...file.problems, ...environment.problems]);
  const warnings = sortProblems([...file.warnings, ...environment.warnings]);
  if (file.config === null || environment.environment === null || problems.length > 0)
    return { ok: false, problems, warnings };
  return { ok: true, config: file.config, environment: environment.environment, warnings };
}

/** What a configuration file comes to. */
export interface FileResult {
  /** `null`: there are problems that let none be made. Never to be used while there is any problem. */
  readonly config: Config | null;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

async function checkFile(path: string, shown: string, options: LoadOptions): Promise<FileResult> {
  const text = await readConfigText(path, shown);
  if (typeof text !== 'string') return { config: null, problems: [text], warnings: [] };
  return await checkConfigText(path, shown, text, options);
}

/**
 * Checks the text of a configuration file as a whole. `path`: absolute; `shown`: how problems call the file. A bot has no
 * certificate and kubeconfig files, and is not asked for them.
 */
export async function checkConfigText(
  path: string,
  shown: string,
  text: string,
  options: Pick<LoadOptions, 'commands' | 'role' | 'cronProblem'>,
): Promise<FileResult> {
  const source = parseYamlSource(shown, text);
  if (source.problems.length > 0) return { config: null, problems: source.problems, warnings: [] };
  const parsed = ConfigFile.safeParse(source.data);
  const parts = readableParts(source.data);
  const findings = createFindings(source);
  checkOwnNames(parts, findings);
  checkClusters(parts, findings);
  checkBackups(parts, findings);
  checkKubernetes(parts, dirname(path), findings);
  checkWindows(parts, options.cronProblem, findings);
  checkPolicy(parts, options.commands, findings);
  if (options.role !== 'bot') {
    await checkFiles(parts, dirname(path), findings);
    await checkFolders(parts, dirname(path), findings);
  }
  const problems = [...(parsed.success ? [] : schemaProblems(source, parsed.error.issues)), ...findings.problems];
  return { config: parsed.success ? buildConfig(path, parsed.data) : null, problems, warnings: findings.warnings };
}

/** The text of a configuration file, or why there is none. */
export async function readConfigText(path: string, shown: string): Promise<string | ConfigProblem> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const expected = `cannot be read: ${fileProblem(error)}. DRYDOCK_CONFIG names the file`;
    return { file: shown, line: null, path: '', found: null, expected };
  }
}

async function checkFiles(parts: ReadableParts, folder: string, findings: Findings): Promise<void> {
  await Promise.all(
    [...namedFiles(parts), ...backupFiles(parts)].map(async ({ path, file }) => {
      try {
        await access(resolve(folder, file), constants.R_OK);
      } catch (error) {
        findings.problem(path, `cannot be read: ${fileProblem(error)}`, JSON.stringify(resolve(folder, file)));
      }
    }),
  );
}

/** Not a problem: what is on other disks may come later, and everything else works without it. */
async function checkFolders(parts: ReadableParts, folder: string, findings: Findings): Promise<void> {
  await Promise.all(
    backupFolders(parts).map(async ({ path, file }) => {
      const whole = resolve(folder, file);
      try {
        // A trailing slash: a file of that name is no folder.
        await access(`${whole}/`, constants.R_OK | constants.W_OK | constants.X_OK);
      } catch (error) {
        const expected = `is no folder that this process can write to (${fileProblem(error)}); without it there are no backups`;
        findings.warning(path, expected, JSON.stringify(whole));
      }
    }),
  );
}

function fileProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
    ENOTDIR: 'it is a file',
    EROFS: 'the disk is read-only',
  };
  return words[code] ?? code;
}
