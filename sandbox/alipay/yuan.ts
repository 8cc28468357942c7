/** Yuan at Alipay's edge: decimal text there, fen in the books. */

const YUAN = /^(\d{1,9})(?:\.(\d{1,2}))?$/;

/** "88.8" becomes 8880. Returns undefined for anything but a decimal with at most two places. */
export function toFen(yuan: string): number | undefined {
  const match = YUAN.exec(yuan);
  return match ? Number(`${match[1]}${(match[2] ?? "").padEnd(2, "0")}`) : undefined;
}

/** 8880 becomes "88.80". */
export function toYuan(fen: number): string {
  const digits = String(fen).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
