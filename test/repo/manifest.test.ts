import { expect, test } from 'vitest';
import { z } from 'zod';
import { commands } from '../../commands/index.ts';
import { API_METHODS, BOT_EVENTS, SLASH_COMMAND, SLASH_SCOPE } from '../../src/adapters/slack/methods.ts';
import { codeFiles, textOf } from '../support/repository.ts';

/** What Slack's schema of manifests demands of the parts that Drydock uses. */
const Manifest = z.object({
  display_information: z.object({
    name: z.string().max(35),
    description: z.string().max(140),
    long_description: z.string().min(175).max(4000),
  }),
  features: z.object({
    app_home: z.object({ messages_tab_enabled: z.boolean(), messages_tab_read_only_enabled: z.boolean() }),
    bot_user: z.object({ display_name: z.string().max(80) }),
    slash_commands: z.array(
      z.object({
        command: z.string().regex(/^\/\S{1,31}$/),
        url: z.url(),
        description: z.string().max(2000),
        usage_hint: z.string().max(1000),
        should_escape: z.boolean(),
      }),
    ),
  }),
  oauth_config: z.object({ scopes: z.strictObject({ bot: z.array(z.string()) }) }),
  settings: z.object({
    event_subscriptions: z.object({ request_url: z.url(), bot_events: z.array(z.string()) }),
    interactivity: z.object({ is_enabled: z.boolean(), request_url: z.url() }),
    socket_mode_enabled: z.boolean(),
    token_rotation_enabled: z.boolean(),
    org_deploy_enabled: z.boolean(),
  }),
});
const manifest = Manifest.parse(JSON.parse(textOf('manifest.json')));
const slackCode = codeFiles().filter((path) => path.startsWith('src/adapters/slack/'));

test('the scopes are exactly those that the methods, events and the command need', () => {
  const scopes: readonly string[] = [...Object.values(API_METHODS), ...Object.values(BOT_EVENTS)].flat();
  const needed = new Set([...scopes, SLASH_SCOPE]);

  expect(manifest.oauth_config.scopes.bot).toEqual([...needed].toSorted());
});

test('the list of methods is what the client calls, no more and no less', () => {
  const client = textOf('src/adapters/slack/client.ts');
  const called = [...client.matchAll(/call\(\s*'([\w.]+)'/g)].map((match) => match[1] ?? '');

  expect([...new Set(called)].toSorted()).toEqual(Object.keys(API_METHODS).toSorted());
});

test('no other file calls the Web API', () => {
  const others = slackCode.filter((path) => path !== 'src/adapters/slack/client.ts');

  expect(others.length).toBeGreaterThan(10);
  expect(others.filter((path) => /\.apiCall\(|new webApi\.WebClient|\bfetch\(/.test(textOf(path)))).toEqual([]);
});

test('the events are exactly those that the app listens to', () => {
  const app = textOf('src/adapters/slack/app.ts');
  const heard = [...app.matchAll(/app\.event\('(\w+)'/g)].map((match) => match[1]);

  expect(manifest.settings.event_subscriptions.bot_events).toEqual(Object.keys(BOT_EVENTS));
  expect(heard).toEqual(Object.keys(BOT_EVENTS).map((name) => name.split('.')[0]));
});

test('there is one slash command; its hint names every verb', () => {
  const [slash, ...more] = manifest.features.slash_commands;

  expect(more).toEqual([]);
  expect(slash?.command).toBe(SLASH_COMMAND);
  expect(slash?.should_escape).toBe(true);
  expect(slash?.usage_hint.replace(' …', '').split('|')).toEqual(commands.map((command) => command.name));
});

test('commands, interactions and events go to one address; people can write to the bot', () => {
  const { features, settings } = manifest;
  const addresses = [
    features.slash_commands[0]?.url,
    settings.interactivity.request_url,
    settings.event_subscriptions.request_url,
  ];

  expect(new Set(addresses).size).toBe(1);
  expect(addresses[0]).toMatch(/\/slack\/events$/);
  expect(settings.interactivity.is_enabled).toBe(true);
  expect(features.app_home).toEqual({ messages_tab_enabled: true, messages_tab_read_only_enabled: false });
});

test('what Drydock cannot do is off: token rotation and org-wide installation; Socket Mode is off until switched on', () => {
  expect(manifest.settings).toMatchObject({
    socket_mode_enabled: false,
    token_rotation_enabled: false,
    org_deploy_enabled: false,
  });
});
