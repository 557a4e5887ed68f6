/** Words that need no quotes in any shell. */
const PLAIN = /^[\w@%+:,./=-]+$/;

/**
 * A command line that a shell takes apart into exactly these arguments. ssh has no argument list: a server hands one text to the login
 * shell of the user, so each argument is quoted and nothing in it is expanded. Made for POSIX shells; others read single quotes alike.
 */
export function commandLine(argv: readonly string[]): string {
  return argv.map(quoted).join(' ');
}

function quoted(argument: string): string {
  return PLAIN.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
