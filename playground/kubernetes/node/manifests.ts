import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ApiObject } from '../contracts.ts';
import { type Pod, readPod } from './pod-spec.ts';

/** A pod from a manifest file. */
export interface StaticPod {
  /** Changes with the file's content: the pod's uid on the node, and `kubernetes.io/config.hash`. */
  readonly hash: string;
  readonly file: string;
  /** Named `<name>-<node>`, with the node's annotations. */
  readonly pod: Pod;
}

/** What a manifest directory holds. */
export interface Manifests {
  readonly pods: readonly StaticPod[];
  /** Files that are no pod, with the reason. They are left out. */
  readonly problems: readonly { readonly file: string; readonly problem: string }[];
}

const Manifest = z.looseObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Pod'),
  metadata: z.looseObject({
    name: z.string().min(1),
    namespace: z.string().default('default'),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.looseObject({}),
});

/**
 * Reads every file of a manifest directory, as the kubelet does: hidden files are left out, the ending does not matter. A
 * directory that is not there holds nothing.
 */
export async function readManifests(directory: string, node: string): Promise<Manifests> {
  const pods: StaticPod[] = [];
  const problems: { file: string; problem: string }[] = [];
  for (const file of names(directory)) {
    try {
      const text = await readFile(join(directory, file), 'utf8');
      // An empty file is one that is being written.
      if (text !== '') pods.push(readManifest(file, text, node));
    } catch (error) {
      problems.push({ file, problem: error instanceof Error ? error.message : String(error) });
    }
  }
  return { pods, problems };
}

/**
 * Changes whenever a file of the directory does: names, sizes, times, inodes. Asked several times a second for each node, and in one go a
 * fraction of the work.
 */
export function manifestsStamp(directory: string): string {
  return names(directory)
    .map((file) => {
      const found = statSync(join(directory, file), { throwIfNoEntry: false });
      return found === undefined ? '' : `${file} ${found.ino} ${found.size} ${found.mtimeMs}`;
    })
    .join('\n');
}

/** A manifest's text as the pod that the kubelet makes of it. @throws Error when it is no pod. */
export function readManifest(file: string, text: string, node: string): StaticPod {
  const manifest = Manifest.parse(parse(text));
  const hash = createHash('md5')
    .update(JSON.stringify(manifest))
    .update(`host:${node}`)
    .update(`file:${file}`)
    .digest('hex');
  const raw = {
    ...manifest,
    metadata: {
      ...manifest.metadata,
      name: `${manifest.metadata.name}-${node}`,
      uid: hash,
      annotations: {
        ...manifest.metadata.annotations,
        'kubernetes.io/config.hash': hash,
        'kubernetes.io/config.source': 'file',
      },
    },
    spec: {
      ...manifest.spec,
      nodeName: node,
      tolerations: [{ effect: 'NoExecute', operator: 'Exists' }],
    },
  } satisfies ApiObject;
  return { hash, file, pod: readPod(raw) };
}

/** The object that stands for a static pod at the API server. */
export function mirrorOf(
  found: StaticPod,
  node: { readonly name: string; readonly uid: string },
  seen: string,
): ApiObject {
  const { uid: _uid, ...metadata } = found.pod.raw.metadata;
  return {
    ...found.pod.raw,
    metadata: {
      ...metadata,
      annotations: {
        ...found.pod.metadata.annotations,
        'kubernetes.io/config.mirror': found.hash,
        'kubernetes.io/config.seen': seen,
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid, controller: true }],
    },
  };
}

function names(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .toSorted();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
