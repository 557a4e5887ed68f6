import type { AuditEntry } from '../core/audit.ts';
import type { Json } from '../core/json.ts';
import type { Clock, Log } from '../core/ports/runtime.ts';
import type { SharedValues } from './stores.ts';

/**
 * Tells the audit log of changed policies, once for all processes. What could not be told is told later; `tell` is to be
 * called again and again.
 */
export interface PolicyNews {
  /** The digest of the policy that the process started with. It is told when another one was in force before. */
  started(digest: string): void;
  changed(before: string, after: string, changes: readonly string[]): void;
  /** `mark`: digest of the file that was refused. */
  refused(mark: string, problems: readonly string[]): void;
  /** Tells what is to be told. Never throws. */
  tell(): Promise<void>;
}

interface News {
  /** The shared value that says what was told last. */
  readonly name: 'policy-in-force' | 'policy-refused';
  readonly value: string;
  readonly action: 'policy-changed' | 'policy-refused';
  readonly detail: Readonly<Record<string, Json>>;
  /** Not told when nothing was there before: the first start of an installation. */
  readonly unlessFirst: boolean;
}

/** While one process tells, the others wait so long, ms. If it dies, another one tells. */
const CLAIM_MS = 30_000;

/** What telling needs. */
export interface PolicyNewsDeps {
  readonly shared: SharedValues;
  readonly audit: (entries: readonly AuditEntry[]) => Promise<void>;
  readonly clock: Pick<Clock, 'nowIso'>;
  readonly log: Log;
}

/** Makes it. */
export function createPolicyNews(deps: PolicyNewsDeps): PolicyNews {
  let open: readonly News[] = [];
  let failing = false;
  // Only the newest of a kind: what was in force in between was told, or nobody acted on it.
  function put(news: News): void {
    open = [...open.filter((each) => each.name !== news.name), news];
  }
  return {
    started: (digest) => {
      const changes = ['The policy or a maintenance window was another one before Drydock started.'];
      const detail = { changes, digestAfter: digest };
      put({ name: 'policy-in-force', value: digest, action: 'policy-changed', detail, unlessFirst: true });
    },
    changed: (before, after, changes) => {
      const detail = { changes: [...changes], digestAfter: after, digestBefore: before };
      put({ name: 'policy-in-force', value: after, action: 'policy-changed', detail, unlessFirst: false });
    },
    refused: (mark, problems) => {
      const detail = { problems: [...problems], note: 'The policy stays as it is.', textDigest: mark };
      put({ name: 'policy-refused', value: mark, action: 'policy-refused', detail, unlessFirst: false });
    },
    tell: async () => {
      for (const news of open) {
        try {
          if (await tellOne(deps, news)) open = open.filter((each) => each !== news);
          failing = false;
        } catch (error) {
          if (!failing) deps.log.warn('a changed policy could not be told to the audit log yet', { error });
          failing = true;
        }
      }
    },
  };
}

/** False: another process is telling it. */
async function tellOne({ shared, audit, clock }: PolicyNewsDeps, news: News): Promise<boolean> {
  const { name, value, action } = news;
  const last = await shared.get(name);
  if (last === value) return true;
  if (!(await shared.claim(`telling:${name}:${value}`, CLAIM_MS))) return false;
  const before = news.detail['digestBefore'] ?? last;
  const detail = action === 'policy-changed' ? { ...news.detail, digestBefore: before } : news.detail;
  const nobody = { actor: null, cluster: null, run: null, reason: null };
  if (last !== null || !news.unlessFirst) await audit([{ v: 1, at: clock.nowIso(), action, ...nobody, detail }]);
  await shared.set(name, value);
  return true;
}
