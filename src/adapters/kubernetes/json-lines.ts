/** A line of a stream is longer than what is read. */
export class TooLongLine extends Error {
  override readonly name = 'TooLongLine';
}

/**
 * The JSON values of a stream, one a line, as they come. A line that is cut off at the end of the stream is dropped.
 *
 * @throws TooLongLine a line has more than `most` bytes
 * @throws SyntaxError a line is no JSON
 */
export async function* jsonLines(body: AsyncIterable<Uint8Array>, most: number): AsyncGenerator {
  let pending: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...pending, chunk.subarray(start, end)]).toString('utf8');
      pending = [];
      size = 0;
      start = end + 1;
      if (line.trim() !== '') yield JSON.parse(line);
    }
    const rest = chunk.subarray(start);
    if (rest.length === 0) continue;
    pending.push(rest);
    size += rest.length;
    if (size > most) throw new TooLongLine(`a line of the stream has more than ${most} bytes`);
  }
}
