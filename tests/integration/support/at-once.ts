/** Tables whose rows are played at the same time: none of them waits for another's round trips. */

/** What each row came to, by its name. Fails when one of them does. */
export async function allAtOnce<R extends { readonly name: string }, T>(
  rows: readonly R[],
  play: (row: R) => Promise<T>,
): Promise<Record<string, T>> {
  const played = rows.map(async (row) => [row.name, await play(row)] as const);
  return Object.fromEntries(await Promise.all(played));
}

/** What each row should come to, by its name. */
export function expectedOf<R extends { readonly name: string }, T>(
  rows: readonly R[],
  expected: (row: R) => T,
): Record<string, T> {
  return Object.fromEntries(rows.map((row) => [row.name, expected(row)]));
}
