import { waitFor } from '../../../../playground/waiting.ts';
import { allRecorded } from '../../kubernetes-fixtures.ts';
import { idOf, type World } from '../replay.ts';

const PATIENCE = { timeoutMs: 30_000, everyMs: 10 };

/** What is compared in the other run of the topic, without controllers. */
export function allBut(topic: string, compared: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const others = allRecorded()
    .map(idOf)
    .filter((id) => id.startsWith(`${topic}-`) && !compared.includes(id));
  return { ...Object.fromEntries(others.map((id) => [id, 'compared without controllers'])), ...more };
}

/** Waits until what is there is as it should be. */
export async function seen(
  world: World,
  path: string,
  what: string,
  holds: (body: unknown) => boolean,
): Promise<unknown> {
  return waitFor(
    what,
    async () => {
      const { body } = await world.scene.ask(path);
      return holds(body) && { body };
    },
    PATIENCE,
  );
}
