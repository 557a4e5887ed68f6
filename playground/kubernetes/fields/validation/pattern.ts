const known = new Map<string, RegExp | null>();

/** A regular expression of a schema or a rule; `null`: the server's language (RE2) has it, and this one does not. */
export function compiled(pattern: string): RegExp | null {
  const before = known.get(pattern);
  if (before !== undefined) return before;
  const [, flags = '', body = pattern] = /^\(\?([ims]+)\)(.*)$/s.exec(pattern) ?? [];
  const made = compiledAs(body, `${flags}u`) ?? compiledAs(body, flags);
  known.set(pattern, made);
  return made;
}

function compiledAs(pattern: string, flags: string): RegExp | null {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return null;
  }
}
