import { hostname } from 'node:os';
import { type AuditChannels, createAuditChannels } from '../adapters/slack/audit/audit-channels.ts';
import type { AuditChannel } from '../adapters/slack/audit/deps.ts';
import type { SlackFor } from '../adapters/slack/budgeted-client.ts';
import type { Config } from '../config/config.ts';
import type { Foundation } from './foundation.ts';
import type { SlackIdentity } from './slack-identity.ts';
import type { Stores } from './stores.ts';

/** Tells the audit log in the `channels.audit` of the clusters. */
export function tellAudit(
  { config, clock, log, ids }: Foundation,
  stores: Stores,
  slackFor: SlackFor,
  identity: Pick<SlackIdentity, 'get'>,
): AuditChannels {
  return createAuditChannels({
    store: stores.runs,
    marks: stores.marks,
    offices: stores.cards,
    slackFor,
    botUser: () => identity.get()?.botUser ?? null,
    clock,
    log,
    who: `${hostname()}-${process.pid}-${ids.suffix()}`,
    channels: auditChannelsOf(config),
    clusters: config.clusters.map(({ name }) => name),
    anchorEveryMs: config.audit.anchorEveryMs,
  });
}

/** Every audit channel once, with the clusters that name it. */
function auditChannelsOf({ clusters }: Pick<Config, 'clusters'>): readonly AuditChannel[] {
  const names = new Set(clusters.flatMap(({ channels }) => channels.audit ?? []));
  return [...names].map((channel) => ({
    channel,
    clusters: clusters.filter(({ channels }) => channels.audit === channel).map(({ name }) => name),
  }));
}
