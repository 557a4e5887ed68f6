const PART = /^[A-Za-z0-9_=@+-][A-Za-z0-9._=@+-]*$/;
/** S3 allows 1,024 bytes, prefix included; folders 255 a part. */
const LONGEST = 800;
const LONGEST_PART = 200;

/**
 * What is wrong with the key of an object; `null`: nothing. Keys are parts of letters, digits and `._=@+-`, with `/` between; no part begins with a
 * dot. So a key means the same in a folder and in a bucket, and leads nowhere else.
 */
export function objectKeyProblem(key: string): string | null {
  if (key.length > LONGEST) return `a key has at most ${LONGEST} characters`;
  const bad = key.split('/').find((part) => !PART.test(part) || part.length > LONGEST_PART);
  return bad === undefined ? null : `${JSON.stringify(bad)} cannot be part of a key`;
}
