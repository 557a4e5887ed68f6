/** The id of a run, which people can say aloud: `upgrade-prod-7f3k`. `suffix`: four characters that tell it from others. */
export function runIdOf(command: string, cluster: string, suffix: string): string {
  return `${command}-${cluster}-${suffix}`;
}

/** Whether an id is one of a run of this command. */
export function isRunOf(command: string, id: string): boolean {
  return id.startsWith(`${command}-`);
}
