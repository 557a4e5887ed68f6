import type { Workspace } from '../playground/workspace/workspace.ts';

/** Adds public channels with everybody in them to a workspace. Answers their ids. */
export function addChannels(workspace: Workspace, count: number): readonly string[] {
  const { channels } = workspace.state;
  const ops = channels.get('C0OPS');
  if (ops === undefined) throw new Error('the workspace has no ops channel');
  const ids = Array.from({ length: count }, (_, index) => `C0BENCH${index}`);
  for (const id of ids) channels.set(id, { ...ops, id, name: id.toLowerCase(), messages: new Map() });
  return ids;
}
