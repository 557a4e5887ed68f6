import { join } from 'node:path';

/** Reads a file of settings as systemd's `EnvironmentFile=` does; lines that it cannot read are left out, as systemd does. */
export function settingsOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.split('\n').flatMap((line) => {
    const [, name, raw] = /^\s*([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
    if (name === undefined || raw === undefined) return [];
    const [, , quoted] = /^(['"])(.*)\1$/.exec(raw.trim()) ?? [];
    return [[name, quoted ?? raw.trim()] as const];
  });
  return Object.fromEntries(pairs);
}

/** The text of such a file. */
export function settingsText(settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return `${['# Settings of etcd. The service reads them at each start.', ...lines].join('\n')}\n`;
}

/** The settings as a program of this machine gets them: paths of the host are in its root directory. */
export function realSettings(
  settings: Readonly<Record<string, string>>,
  root: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, value.startsWith('/') ? join(root, value) : value]),
  );
}
