import { Json } from '../../../src/core/json.ts';
import { type AnyCleanup, type CleanupContext, defineCleanup, type NotYet } from '../../../src/core/runbook.ts';
import { sentence } from '../../../src/core/sentence.ts';
import type { ObjectChange } from '../../steps/object-change.ts';
import type { GroupStepContext } from '../provider.ts';
import type { RollFacts, Rolling } from '../roll-steps.ts';

/** Id of the cleanup that holds the roll-out of a group. */
export function holdId(group: string): string {
  return `hold-${group}`;
}

function holdKind(prefix: string): `${string}@${number}` {
  return `${prefix}.hold@1`;
}

/** Registers that a roll-out is held when its run ends before it is over; where nothing can hold it, nothing. */
export async function registerHold<Change>(
  context: GroupStepContext,
  provider: Rolling<Change>,
  facts: RollFacts<Change>,
  change: Change,
): Promise<void> {
  const { changes, words } = provider.stop(context, change);
  if (changes.length === 0) return;
  const input = Json.parse(change);
  await context.registerCleanup({
    id: holdId(facts.group(change)),
    kind: holdKind(facts.prefix),
    input,
    summary: words,
  });
}

/** Makes the calls of `stop`. Called twice it finds them made. */
export function holdCleanup<Change>(provider: Rolling<Change>, facts: RollFacts<Change>): AnyCleanup {
  return defineCleanup<Change, 'kubernetes' | 'management'>({
    kind: holdKind(facts.prefix),
    input: provider.change,
    needs: ['kubernetes', 'management'],
    restore: async (context, change) => {
      for (const each of provider.stop(context, change).changes) {
        const trouble = await hold(context, each);
        if (trouble !== null) return trouble;
      }
      return null;
    },
  });
}

async function hold(
  { signal }: CleanupContext<'kubernetes' | 'management'>,
  change: ObjectChange,
): Promise<string | NotYet | null> {
  const before = await change.look();
  if (before.is === 'done') return null;
  if (before.is === 'odd') return sentence(before.why);
  if (before.is === 'unread') return { notYet: before.why };
  const result = await change.call(signal);
  const after = await change.look();
  if (after.is === 'done') return null;
  const why = result.ok ? (after.is === 'not-done' ? after.note : after.why) : result.error.message;
  return { notYet: `${change.action} of ${change.item}: ${why.replace(/\.$/, '')}` };
}
