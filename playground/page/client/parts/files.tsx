import { type ReactNode, useEffect, useState } from 'react';
import type { PageFile } from '../../contract.ts';

const PREVIEW_LINES = 12;

/** The files of a message: images as they are, texts with their beginning, the rest by name. */
export function Files({ files }: { readonly files: readonly PageFile[] }): ReactNode {
  return files.map((file) => <OneFile key={file.id} file={file} />);
}

function OneFile({ file }: { readonly file: PageFile }): ReactNode {
  const address = `/page/api/file/${encodeURIComponent(file.id)}`;
  return (
    <figure className="file">
      <figcaption>
        <a href={address} target="_blank" rel="noreferrer noopener">
          {file.title}
        </a>{' '}
        <span className="quiet">
          {file.name} · {sizeOf(file.bytes)}
        </span>
      </figcaption>
      {file.kind === 'image' && <img src={address} alt={file.title} />}
      {file.kind === 'text' && <TextPreview address={address} />}
    </figure>
  );
}

function TextPreview({ address }: { readonly address: string }): ReactNode {
  const [text, setText] = useState<string>();
  useEffect(() => {
    const gone = new AbortController();
    fetch(address, { signal: gone.signal })
      .then(async (response) => setText(response.ok ? await response.text() : undefined))
      .catch(() => undefined);
    return () => gone.abort();
  }, [address]);
  if (text === undefined) return null;
  const lines = text.trimEnd().split('\n');
  const hidden = lines.length - PREVIEW_LINES;
  return (
    <>
      <pre tabIndex={0}>{lines.slice(0, PREVIEW_LINES).join('\n')}</pre>
      {hidden > 0 && <p className="quiet">{hidden} more lines in the file</p>}
    </>
  );
}

/** Bytes in the unit a person reads best. */
export function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KiB`;
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
