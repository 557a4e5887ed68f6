/** Who can open what is encrypted. */
export interface AgeKeys {
  /** Public keys, `age1…`. Each of them can open it. */
  readonly recipients: readonly string[];
  /** File with private keys, absolute; `null`: this worker opens nothing. */
  readonly identityFile: string | null;
}

/** How a vault keeps the backups of one cluster. */
export interface VaultSettings {
  readonly compression: 'none' | 'zstd';
  /** `null`: nothing is encrypted before it is stored. */
  readonly encryption: AgeKeys | null;
  /** Of static files; `null`: as everything else. */
  readonly staticEncryption: AgeKeys | null;
  /** How long the store is asked to keep what is put, ms; `null`: it is not asked to. */
  readonly retainMs: number | null;
}
