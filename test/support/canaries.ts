import { randomBytes } from 'node:crypto';

/** A secret that no text has by chance: letters and digits, so that no writing escapes it. */
function planted(): string {
  return `Cn4ry${randomBytes(9).toString('hex')}`;
}

/** A secret of its own for each place where one is planted. */
export function makeCanaries() {
  return {
    botToken: planted(),
    signingSecret: planted(),
    appToken: planted(),
    redisPassword: planted(),
    awsKey: planted(),
    kubeconfigToken: planted(),
    clientKey: planted(),
    proxyPassword: planted(),
    apiServerText: planted(),
    pluginStderr: planted(),
    pluginSetting: planted(),
    etcdKey: planted(),
    etcdValue: planted(),
    etcdText: planted(),
    tlsKey: planted(),
    fileName: planted(),
    typedWord: planted(),
    typedMention: planted(),
    typedDirect: planted(),
    rejectionInForm: planted(),
    rejectionTyped: planted(),
    lockReason: planted(),
    freezeReason: planted(),
    scheduleTimes: planted(),
    typedInSocket: planted(),
    rejectionInSocket: planted(),
  };
}

/** The secrets, by where they are planted. */
export type Canaries = ReturnType<typeof makeCanaries>;

/** Names of the secrets that a text has, as they are or in base64. */
export function canariesIn(text: string, canaries: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(canaries).flatMap(([place, secret]) =>
    formsOf(secret).some((form) => text.includes(form)) ? [place] : [],
  );
}

/** A text inside of other text has one of three forms in base64, by where it begins; the ends depend on what is around. */
function formsOf(secret: string): readonly string[] {
  const shifted = [0, 1, 2].map((by) =>
    Buffer.from('x'.repeat(by) + secret)
      .toString('base64')
      .slice(by + 2, -4),
  );
  return [secret, ...shifted];
}

/** A private key that has a secret in its middle; it is no real one. */
export function pemWith(secret: string): string {
  return `-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg${secret}kqhkiG9w0BAQEF\n-----END PRIVATE KEY-----\n`;
}
