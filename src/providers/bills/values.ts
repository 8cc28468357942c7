/** The kinds of values that bills have. Each reader returns undefined for a value of another kind. */
import { type Fen, isFen } from "../../money.ts";
import { parseBeijing } from "../beijing-time.ts";

export function text(value: string): string {
  return value;
}

/** A number that names something; bills print 0 where there is nothing to name. */
export function reference(value: string): string | null {
  return value === "0" ? null : value;
}

/** A time in Beijing, `yyyy-MM-dd HH:mm:ss`. */
export function time(value: string): Date | undefined {
  return parseBeijing(value);
}

const COUNT = /^(\d{1,9})(?:\.0+)?$/;

/** How many; some bills print `45.0`. */
export function count(value: string): number | undefined {
  const match = COUNT.exec(value);
  return match ? Number(match[1]) : undefined;
}

const YUAN = /^(-?)(\d{1,13})(?:\.(\d{1,2})0*)?$/;

/** Yuan to fen, exactly; negative where money flows back. Only zeros may follow the second decimal. */
export function signedFen(value: string): number | undefined {
  const match = YUAN.exec(value);
  if (!match) return undefined;
  const fen = Number(match[2]) * 100 + Number((match[3] ?? "").padEnd(2, "0"));
  return match[1] === "-" && fen > 0 ? -fen : fen;
}

/** Yuan to fen, exactly, and never negative. */
export function amount(value: string): Fen | undefined {
  const fen = signedFen(value);
  return fen !== undefined && isFen(fen) ? fen : undefined;
}
