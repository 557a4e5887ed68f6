import type { ReactNode } from 'react';
import { ImageShape } from './shapes.ts';

/** An image of this workspace. One from elsewhere is named and not loaded: the page asks nobody but its own workspace. */
export function Picture({ image, small = false }: { readonly image: unknown; readonly small?: boolean }): ReactNode {
  const shape = ImageShape.safeParse(image).data;
  if (shape === undefined) return null;
  const { image_url: address = '', alt_text: alt, title } = shape;
  const own = address.startsWith('/page/api/file/') || address.startsWith(`${location.origin}/page/api/file/`);
  if (!own) {
    return (
      <span className="picture-elsewhere">
        {alt} <span className="quiet">(image from elsewhere, not loaded)</span>
      </span>
    );
  }
  return (
    <figure className={small ? 'picture picture-small' : 'picture'}>
      {title !== undefined && <figcaption>{title.text}</figcaption>}
      <img src={address} alt={alt} />
    </figure>
  );
}
