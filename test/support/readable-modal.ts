import type { Modal } from '../../src/adapters/slack/render/modal.ts';
import { readable } from './readable-message.ts';

/** A page of a form as a person can read it in a golden file: title, blocks, then its buttons. */
export function readableModal(modal: Modal): string {
  const blocks = modal.blocks.flatMap((block) => (block.type === 'input' ? [] : [block]));
  const body = readable({ text: '', blocks }).replace(/\n\n\[text\]\n\n$/, '');
  const buttons = [modal.close.text, ...(modal.submit === undefined ? [] : [modal.submit.text])];
  return `[title] ${modal.title.text} · ${modal.callback_id}\n\n${body}\n\n[buttons] ${buttons.join(' · ')}\n`;
}
