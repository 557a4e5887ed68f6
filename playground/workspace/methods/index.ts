import type { ApiMethod } from '../web-api.ts';
import { chatMethods } from './chat.ts';
import { conversationMethods } from './conversations.ts';
import { fileMethods } from './files.ts';
import { peopleMethods } from './people.ts';
import { viewMethods } from './views.ts';

/** Every Web API method the workspace knows, by name. */
export const METHODS: ReadonlyMap<string, ApiMethod> = new Map(
  [...chatMethods, ...conversationMethods, ...fileMethods, ...peopleMethods, ...viewMethods].map((one) => [
    one.name,
    one,
  ]),
);
