import { comeBack } from '../../../src/core/node-groups/came-back.ts';
import { defineWatch } from '../../../src/core/runbook.ts';
import { sentence } from '../../../src/core/sentence.ts';
import { AwaitedNode } from './came-back-step.ts';
import { readNodes } from './read-nodes.ts';

const EVERY_MS = 10_000;

/** Looks, while people replace or upgrade a node, whether it is there. */
export const cameBackWatch = defineWatch({
  kind: 'generic.node-came-back@1',
  input: AwaitedNode,
  needs: ['kubernetes'],
  everyMs: EVERY_MS,
  look: async ({ ports, signal }, input) => {
    const nodes = await readNodes(ports.kubernetes, signal);
    if (!nodes.ok) return null;
    const seen = comeBack(input, nodes.value);
    return seen.kind === 'not-yet' ? null : { seen: sentence(seen.words) };
  },
});
