import ssh2 from 'ssh2';

/** A key of ssh: both parts as OpenSSH writes them. */
export interface KeyPair {
  readonly private: string;
  readonly public: string;
}

/** Makes a new one. Of 1000 that ssh2 makes, some three it cannot read itself: those are left. `make`: how one is made. */
export function makeKeyPair(make: () => KeyPair = () => ssh2.utils.generateKeyPairSync('ed25519')): KeyPair {
  for (;;) {
    const made = make();
    if (!(ssh2.utils.parseKey(made.private) instanceof Error)) return made;
  }
}
