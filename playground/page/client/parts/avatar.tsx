import type { ReactNode } from 'react';

const TONES = 5;

/** A square with initials; the colour goes with the name. */
export function Avatar({ name, bot = false }: { readonly name: string; readonly bot?: boolean }): ReactNode {
  const tone = Array.from(name, (letter) => letter.codePointAt(0) ?? 0).reduce((sum, code) => sum + code, 0) % TONES;
  return (
    <span className={`avatar ${bot ? 'avatar-bot' : `avatar-${tone}`}`} aria-hidden="true">
      {bot ? <Ship /> : initials(name)}
    </span>
  );
}

function initials(name: string): string {
  const [first = '', second = ''] = name.split('-');
  return `${first.slice(0, 1)}${second.slice(0, 1)}`.toUpperCase();
}

function Ship(): ReactNode {
  return (
    <svg viewBox="0 0 32 32">
      <path d="M6 18h20l-3 7H9z" fill="#fff" />
      <path d="M10 16v-5h5V7h3v4h4v5z" fill="#8fc7e8" />
    </svg>
  );
}
