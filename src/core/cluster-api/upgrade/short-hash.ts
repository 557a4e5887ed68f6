const PRIME = 0x01_00_01_93;
const BASIS = 0x81_1c_9d_c5;

/** Eight characters that differ when the text does: two FNV-1a sums of 32 bits in base 36, cut. Names things; protects nothing. */
export function shortHash(text: string): string {
  const one = sumOf(text, BASIS).toString(36).padStart(7, '0');
  const other = sumOf(`${text}|`, BASIS ^ 0x5b_d1_e9_95)
    .toString(36)
    .padStart(7, '0');
  return `${one.slice(-5)}${other.slice(-3)}`;
}

function sumOf(text: string, basis: number): number {
  let sum = basis >>> 0;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), PRIME) >>> 0;
  return sum;
}
