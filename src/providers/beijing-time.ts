/** Times as the providers write them: GMT+8 all year, whole seconds. */

const OFFSET_MS = 8 * 3600 * 1000;

/** Prints a time as `yyyy-MM-dd HH:mm:ss` in GMT+8 (Alipay). */
export function formatBeijing(time: Date): string {
  return new Date(time.getTime() + OFFSET_MS).toISOString().slice(0, 19).replace("T", " ");
}

/** Prints a time as RFC 3339 with the offset +08:00 (WeChat Pay). */
export function formatBeijingRfc3339(time: Date): string {
  return `${formatBeijing(time).replace(" ", "T")}+08:00`;
}

const BEIJING = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d{1,9})?$/;

/** Reads `yyyy-MM-dd HH:mm:ss`, with or without fractions of a second, as GMT+8. Returns undefined for anything else. */
export function parseBeijing(text: string): Date | undefined {
  const match = BEIJING.exec(text);
  return match ? validDate(`${match[1]}T${match[2]}+08:00`) : undefined;
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** Reads an RFC 3339 time with its offset. Returns undefined for anything else. */
export function parseRfc3339(text: string): Date | undefined {
  return RFC3339.test(text) ? validDate(text) : undefined;
}

function validDate(text: string): Date | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
