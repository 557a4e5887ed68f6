/** Where an S3 store is, and how it is spoken to. */
export interface S3Place {
  readonly bucket: string;
  /** Beginning of every key, with or without `/` at its end; `null`: none. */
  readonly prefix: string | null;
  /** `null`: as the environment says; with an endpoint, `us-east-1` if it says nothing. */
  readonly region: string | null;
  /** Address of a compatible server; `null`: AWS. */
  readonly endpoint: string | null;
  /** The bucket in the path instead of in the name of the host. */
  readonly forcePathStyle: boolean;
  /** A file as AWS tools write it, absolute; `null`: the environment, or whatever else the SDK looks through. */
  readonly credentialsFile: string | null;
  /** Encryption by the server that is asked for; `null`: what the bucket does by itself. */
  readonly encryption: { readonly kind: 'aes256' } | { readonly kind: 'kms'; readonly key: string | null } | null;
  /** How the store keeps objects that have a time: nobody can shorten `compliance`, whoever may bypass it can shorten `governance`. */
  readonly retentionMode: 'compliance' | 'governance';
}
