import type { MemberId } from '../../core/ports/etcd.ts';

/**
 * The id as etcd's tools print it, from the decimal digits of a gRPC answer. Loses no digit of the 64 bits.
 *
 * @throws SyntaxError when the text is not a decimal number.
 */
export function idFromDecimal(decimal: string): MemberId {
  if (!/^\d{1,20}$/.test(decimal)) throw new SyntaxError(`not a 64-bit id: ${JSON.stringify(decimal)}`);
  return BigInt(decimal).toString(16);
}

/**
 * The decimal digits of an id, for a gRPC request.
 *
 * @throws SyntaxError when the text is not a 64-bit hexadecimal number.
 */
export function idToDecimal(id: MemberId): string {
  if (!/^[0-9a-f]{1,16}$/.test(id)) throw new SyntaxError(`not a member id: ${JSON.stringify(id)}`);
  return BigInt(`0x${id}`).toString();
}
