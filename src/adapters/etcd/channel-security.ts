import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import type { EtcdAddress } from './address.ts';
import type { EtcdTls } from './tls.ts';

/** What a gRPC channel needs to speak TLS (or not) with one address. */
export interface ChannelSecurity {
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
}

/**
 * Credentials for one address. An IP address must not be sent as TLS server name, so a placeholder is sent
 * instead and the certificate is checked against the address itself.
 *
 * @throws Error when the PEM content is unusable.
 */
export function channelSecurity(address: EtcdAddress, tls: EtcdTls | undefined): ChannelSecurity {
  if (!address.secure) return { credentials: ChannelCredentials.createInsecure(), options: {} };
  const credentials = ChannelCredentials.createSsl(tls?.ca ?? null, tls?.key ?? null, tls?.cert ?? null, {
    checkServerIdentity: (_name, certificate) => checkServerIdentity(address.host, certificate),
  });
  return { credentials, options: isIP(address.host) === 0 ? {} : { 'grpc.ssl_target_name_override': 'etcd.invalid' } };
}
