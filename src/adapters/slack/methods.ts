/** Every Web API method that Drydock calls, with the bot scopes it needs. `manifest.json` is compared with this list. */
export const API_METHODS = {
  'auth.test': [],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.getPermalink': [],
  'views.open': [],
  'views.update': [],
  'conversations.info': ['channels:read', 'groups:read'],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.replies': ['channels:history', 'groups:history'],
  'files.getUploadURLExternal': ['files:write'],
  'files.completeUploadExternal': ['files:write'],
  'users.info': ['users:read'],
  'usergroups.users.list': ['usergroups:read'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A Web API method that Drydock calls. */
export type ApiMethod = keyof typeof API_METHODS;

/** Events that Drydock listens to, with the bot scopes they need. */
export const BOT_EVENTS = {
  app_mention: ['app_mentions:read'],
  'message.im': ['im:history'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The slash command and the scope it needs. */
export const SLASH_COMMAND = '/kube';
/** Scope that a slash command needs. */
export const SLASH_SCOPE = 'commands';
