import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Completions } from './contract.ts';

const Manifest = z.object({
  features: z.object({
    slash_commands: z.array(
      z.object({ command: z.string(), description: z.string(), usage_hint: z.string().default('') }),
    ),
  }),
});

/** What the message box completes: the app's slash commands with the verbs of their usage hints, clusters, members. */
export async function readCompletions(
  manifest: URL,
  names: { readonly clusters: readonly string[]; readonly members: readonly string[] },
): Promise<Completions> {
  const { features } = Manifest.parse(JSON.parse(await readFile(manifest, 'utf8')));
  return {
    commands: features.slash_commands.map(({ command, description, usage_hint }) => ({
      command,
      description,
      verbs: verbsOf(usage_hint),
    })),
    clusters: [...names.clusters],
    members: [...names.members],
  };
}

/** The verbs of a usage hint such as `status|defrag|help …`. */
export function verbsOf(usageHint: string): string[] {
  const [first = ''] = usageHint.trim().split(/\s+/);
  return first.split('|').filter((verb) => /^[a-z][a-z-]*$/.test(verb));
}
