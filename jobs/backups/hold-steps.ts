import { z } from 'zod';
import { STATE_WORDS } from '../../src/core/backup/backup-table.ts';
import type { CataloguedBackup } from '../../src/core/backup/catalogue.ts';
import type { VaultError } from '../../src/core/ports/backup-vault.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../src/core/step.ts';

const Nothing = z.strictObject({});
type Nothing = z.infer<typeof Nothing>;
type Answer = StepAnswer<Nothing, Nothing>;

const SHARED = {
  state: Nothing,
  output: Nothing,
  needs: ['backups'],
  // Towards the cluster, which it does not touch.
  risk: 'read',
  effect: 'changes the store only',
  timeoutMs: () => 5 * 60_000,
  retry: { attempts: 3, backoffMs: 1000 },
  initial: () => ({}),
  check: async () => await Promise.resolve({ kind: 'go' as const }),
} as const;

/** Puts a backup on hold: nobody removes it until the hold is released. */
export const holdStep = defineStep({
  ...SHARED,
  kind: 'backups.hold@1',
  /** `sha256`: the seal of its manifest when the plan was made; `null`: it had none that could be read. */
  input: z.strictObject({
    id: z.string().min(1),
    by: z.string().min(1),
    why: z.string(),
    sha256: z.string().nullable(),
  }),
  describe: ({ id }) => `Put ${id} on hold: retention leaves it until the hold is released`,
  items: ({ id }) => [id],
  run: async (context, { id, by, why }) => {
    const hold = { version: 1 as const, at: context.nowIso(), by, why };
    const answer = await context.ports.backups.hold(id, hold, { signal: context.signal });
    return answer.ok ? done(`${id} is on hold.`) : stopped(answer.error);
  },
  verify: async (context, { id, by, sha256 }) => {
    const look = ({ hold, manifest, state, why }: CataloguedBackup): Look => {
      if (sha256 !== null && manifest?.sha256 !== sha256)
        return {
          ok: false,
          note: `${id} was being removed, or changed, while it was put on hold: ${why ?? 'it has another manifest'}`,
        };
      const also = state === 'good' ? '' : ` It is ${STATE_WORDS[state]}: ${why ?? ''}.`;
      if (hold === null) return { ok: false, note: `the store shows no hold on ${id}` };
      if (hold === 'unreadable') return { ok: true, note: `${id} is on hold; by whom cannot be read.${also}` };
      const since = `${id} was on hold already, by ${hold.by} since ${hold.at}, and keeps that hold.`;
      return { ok: true, note: `${hold.by === by ? `${id} is on hold.` : since}${also}` };
    };
    return await seen(context, id, look);
  },
});

/** Ends the hold of a backup. */
export const releaseStep = defineStep({
  ...SHARED,
  kind: 'backups.release@1',
  input: z.strictObject({ id: z.string().min(1) }),
  describe: ({ id }) => `Release the hold on ${id}: retention may remove it from then on`,
  items: ({ id }) => [id],
  run: async (context, { id }) => {
    const answer = await context.ports.backups.release(id, { signal: context.signal });
    return answer.ok ? done(`${id} is not on hold.`) : stopped(answer.error);
  },
  verify: async (context, { id }) =>
    await seen(context, id, ({ hold }) =>
      hold === null
        ? { ok: true, note: `${id} is not on hold any more.` }
        : { ok: false, note: `the store still shows a hold on ${id}` },
    ),
});

type Look = { readonly ok: boolean; readonly note: string };

/** Looks at the backup anew. */
async function seen(
  context: StepContext<'backups'>,
  id: string,
  look: (backup: CataloguedBackup) => Look,
): Promise<Answer> {
  const listed = await context.ports.backups.list({ signal: context.signal });
  if (!listed.ok) return stopped(listed.error);
  const backup = listed.value.find((each) => each.id === id);
  const { ok, note } = backup === undefined ? { ok: false, note: `the store has no ${id} any more` } : look(backup);
  return ok ? done(note) : { kind: 'stop', reason: 'backups-unavailable', note: `Not verified: ${note}.` };
}

function done(note: string): Answer {
  return { kind: 'done', output: {}, note };
}

function stopped({ message }: VaultError): Answer {
  return { kind: 'stop', reason: 'backups-unavailable', note: `${message}.` };
}
