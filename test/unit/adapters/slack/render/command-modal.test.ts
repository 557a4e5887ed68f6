import { expect, test } from 'vitest';
import { z } from 'zod';
import { drain } from '../../../../../commands/drain.ts';
import { schedule } from '../../../../../commands/schedule.ts';
import { upgrade } from '../../../../../commands/upgrade.ts';
import { renderArgumentsPage } from '../../../../../src/adapters/slack/render/command-modal.ts';
import type { AnyCommand } from '../../../../../src/core/command.ts';

const Text = z.object({ text: z.string() });
const Input = z.object({
  type: z.literal('input'),
  block_id: z.string(),
  label: Text,
  hint: Text.optional(),
  optional: z.boolean().optional(),
});

function inputs(command: AnyCommand) {
  return renderArgumentsPage(command, 'prod', '', {}).blocks.flatMap((block) => Input.safeParse(block).data ?? []);
}

test('a form insists on what the command is nothing without', () => {
  const needed = [drain, schedule, upgrade].map((command) =>
    inputs(command)
      .filter(({ optional }) => optional !== true)
      .map((block) => block.block_id),
  );

  expect(needed).toEqual([[], ['rest', 'flag.cron', 'flag.tz'], ['targets', 'flag.to']]);
});

test('names that a flag may stand in for are asked for as such', () => {
  expect(inputs(drain).find((block) => block.block_id === 'targets')).toMatchObject({
    label: { text: 'Which node or nodegroup' },
    hint: { text: 'node/NAME or nodegroup/NAME; up to 50 with spaces between. Or leave it empty and give --selector.' },
    optional: true,
  });
});
