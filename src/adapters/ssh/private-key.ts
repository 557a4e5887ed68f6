import ssh2 from 'ssh2';

/** Whether a private key can log in as it is. The words never hold anything of the key. */
export function privateKeyOf(text: string): { readonly ok: true } | { readonly ok: false; readonly why: string } {
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error)
    return { ok: false, why: /encrypted/i.test(parsed.message) ? 'it needs a passphrase' : 'it is no private key' };
  return parsed.isPrivateKey() ? { ok: true } : { ok: false, why: 'it is a public key' };
}
