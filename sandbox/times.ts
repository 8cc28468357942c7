/** Times as the providers write them, always in Beijing (UTC+8, no daylight saving). */

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const BEIJING = 8 * HOUR;

/** 2026-11-22T20:15:00+08:00 */
export function rfc3339(ms: number): string {
  return `${inBeijing(ms).slice(0, 19)}+08:00`;
}

/** 2026-11-22 20:15:00 */
export function dateTime(ms: number): string {
  return inBeijing(ms).slice(0, 19).replace("T", " ");
}

/** 20261122 */
export function compactDate(ms: number): string {
  return inBeijing(ms).slice(0, 10).replaceAll("-", "");
}

/** 20261122201500 */
export function compactDateTime(ms: number): string {
  return inBeijing(ms).slice(0, 19).replace(/\D/g, "");
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Reads a time with an offset. Returns undefined for anything else. */
export function parseRfc3339(text: string): number | undefined {
  return RFC_3339.test(text) ? real(Date.parse(text)) : undefined;
}

const DATE_TIME = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;

/** Reads "yyyy-MM-dd HH:mm:ss" as Beijing time. Returns undefined for anything else, 30 February included. */
export function parseDateTime(text: string): number | undefined {
  if (!DATE_TIME.test(text)) return undefined;
  const ms = real(Date.parse(`${text.replace(" ", "T")}+08:00`));
  return ms !== undefined && dateTime(ms) === text ? ms : undefined;
}

/** The next midnight in Beijing. */
export function nextMidnight(ms: number): number {
  return (Math.floor((ms + BEIJING) / DAY) + 1) * DAY - BEIJING;
}

function inBeijing(ms: number): string {
  return new Date(ms + BEIJING).toISOString();
}

function real(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : ms;
}
