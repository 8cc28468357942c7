import { expect } from "vitest";

/**
 * What callers heard who asked for the same at the same time. Who came while another one's request was under way may have
 * been told to wait, but not everybody.
 */
export function heard<T>(calls: readonly PromiseSettledResult<T>[]): T[] {
  const refusals = calls.flatMap((call) => (call.status === "rejected" ? [call.reason] : []));
  for (const refusal of refusals) expect(refusal).toMatchObject({ code: "REQUEST_IN_PROGRESS" });
  const answers = calls.flatMap((call) => (call.status === "fulfilled" ? [call.value] : []));
  expect(answers).not.toEqual([]);
  return answers;
}
