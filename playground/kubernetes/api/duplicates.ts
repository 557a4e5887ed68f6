/** Fields that a JSON text names twice, as strict decoding names them. The text must be valid JSON. */
export function duplicateFields(text: string): readonly string[] {
  const found: string[] = [];
  const open: { readonly path: string; readonly names: Set<string> | null; index: number; name: string }[] = [];
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g);
  let afterColon = false;
  for (const [token] of tokens) {
    const top = open.at(-1);
    if (token === '{' || token === '[') {
      open.push({ path: pathBelow(top), names: token === '{' ? new Set() : null, index: 0, name: '' });
      afterColon = false;
    } else if (token === '}' || token === ']') {
      open.pop();
      afterColon = false;
    } else if (token === ',') {
      afterColon = false;
      if (top?.names === null) top.index += 1;
    } else if (token === ':') afterColon = true;
    else if (top !== undefined && top.names !== null && !afterColon) {
      top.name = String(JSON.parse(token));
      if (top.names.has(top.name)) found.push(`duplicate field "${pathBelow(top)}"`);
      top.names.add(top.name);
    }
  }
  return found;
}

function pathBelow(
  place: { readonly path: string; readonly names: unknown; readonly index: number; readonly name: string } | undefined,
): string {
  if (place === undefined) return '';
  if (place.names === null) return `${place.path}[${place.index}]`;
  return place.path === '' ? place.name : `${place.path}.${place.name}`;
}
