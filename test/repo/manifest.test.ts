import { expect, test } from 'vitest';
import { z } from 'zod';
import { API_METHODS, BOT_EVENTS, SLASH_COMMAND, SLASH_SCOPE } from '../../src/adapters/slack/methods.ts';
import { textOf } from '../support/repository.ts';

const Manifest = z.object({
  display_information: z.object({ name: z.string(), description: z.string().max(140) }),
  features: z.object({
    app_home: z.object({ messages_tab_enabled: z.boolean(), messages_tab_read_only_enabled: z.boolean() }),
    bot_user: z.object({ display_name: z.string(), always_online: z.boolean() }),
    slash_commands: z.array(
      z.object({
        command: z.string(),
        description: z.string(),
        url: z.string().optional(),
        usage_hint: z.string(),
        should_escape: z.boolean(),
      }),
    ),
  }),
  oauth_config: z.object({ scopes: z.strictObject({ bot: z.array(z.string()) }) }),
  settings: z.object({
    event_subscriptions: z.object({ bot_events: z.array(z.string()), request_url: z.string().optional() }),
    interactivity: z.object({ is_enabled: z.boolean(), request_url: z.string().optional() }),
    socket_mode_enabled: z.boolean(),
  }),
});

const manifest = Manifest.parse(JSON.parse(textOf('manifest.json')));

test('the one slash command is the one that the code listens to', () => {
  expect(manifest.features.slash_commands.map(({ command }) => command)).toEqual([SLASH_COMMAND]);
  expect(manifest.features.slash_commands[0]?.usage_hint).toMatch(/^\S/);
});

test('scopes are exactly those that the methods, the events and the command need', () => {
  const needed = [...Object.values(API_METHODS).flat(), ...Object.values(BOT_EVENTS).flat(), SLASH_SCOPE];

  expect(manifest.oauth_config.scopes.bot.toSorted()).toEqual([...new Set(needed)].toSorted());
});

test('events are exactly those that the code listens to, and direct messages can be written', () => {
  expect(manifest.settings.event_subscriptions.bot_events.toSorted()).toEqual(Object.keys(BOT_EVENTS).toSorted());
  expect(manifest.features.app_home).toEqual({ messages_tab_enabled: true, messages_tab_read_only_enabled: false });
});

test('buttons and modals reach the same place as commands and events', () => {
  const { interactivity, event_subscriptions: events } = manifest.settings;
  const urls = [interactivity.request_url, events.request_url, manifest.features.slash_commands[0]?.url];

  expect(interactivity.is_enabled).toBe(true);
  expect(new Set(urls).size).toBe(1);
  expect(urls[0] ?? '/slack/events').toMatch(/\/slack\/events$/);
});
