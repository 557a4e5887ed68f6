import { gzipSync } from 'node:zlib';

/** A tar archive as POSIX has it. A name that ends with `/` is a folder. */
export function tarOf(files: Readonly<Record<string, string>>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, text]) => [headerOf(name, text.length), padded(text)]);
  return new Uint8Array(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** As {@link tarOf}, compressed. */
export function tarGzOf(files: Readonly<Record<string, string>>): Uint8Array {
  return new Uint8Array(gzipSync(tarOf(files)));
}

function headerOf(name: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write(`${octal(size, 11)}\0`, 124);
  block.fill(' ', 148, 156);
  block.write(name.endsWith('/') ? '5' : '0', 156);
  block.write('ustar\u000000', 257);
  block.write(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function padded(text: string): Buffer {
  return Buffer.concat([Buffer.from(text), Buffer.alloc((512 - (text.length % 512)) % 512)]);
}
