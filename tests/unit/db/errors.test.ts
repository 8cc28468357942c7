import { DatabaseError, UnknownError } from "@planetscale/database";
import { describe, expect, it } from "vitest";
import { classifyFailure, errorNumber, NoAnswer, type StatementFailure } from "../../../db/errors.ts";

const failed = (message: string, status = 400) => new DatabaseError(message, status, { code: "UNKNOWN", message });

const numbered = (number: number, code = "Unknown") =>
  failed(`target: shop.-.primary: vttablet: rpc error: code = ${code} desc = … (errno ${number}) (sqlstate HY000)`);

/** Drizzle throws an error of its own, with the driver's as its cause. */
const wrapped = (cause: unknown) => new Error("Failed query: select 1", { cause });

const unreadable = { status: 502, statusText: "Bad Gateway", body: "<html>", url: "", headers: {} };

const named = (name: string) => new DOMException("given up", name);

const CASES: readonly (readonly [string, unknown, StatementFailure])[] = [
  ["1062, a unique key is taken", numbered(1062, "AlreadyExists"), "duplicate"],
  ["3819, MySQL's CHECK", numbered(3819), "check"],
  ["4025, MariaDB's CHECK", numbered(4025), "check"],
  ["1213, a deadlock, though Vitess says Aborted", numbered(1213, "Aborted"), "contention"],
  ["1205, a lock wait timeout", numbered(1205, "DeadlineExceeded"), "contention"],
  ["1040, too many connections", numbered(1040), "lost"],
  ["1053, the server shuts down", numbered(1053), "lost"],
  ["1203, too many connections of one user", numbered(1203), "lost"],
  ["1226, a user's share is used up", numbered(1226), "lost"],
  ["1290, the server is read-only during a failover", numbered(1290), "lost"],
  ["1317, the query was interrupted", numbered(1317), "lost"],
  ["1792, the transaction may only read", numbered(1792), "lost"],
  ["1836, the server is in read-only mode", numbered(1836), "lost"],
  ["2006, the server has gone away", numbered(2006), "lost"],
  ["2013, the connection was lost during the query", numbered(2013), "lost"],
  ["3024, the query took too long", numbered(3024), "lost"],
  ["1105 with Unavailable", numbered(1105, "Unavailable"), "lost"],
  ["1105 with Aborted", numbered(1105, "Aborted"), "lost"],
  ["1105 with DeadlineExceeded", numbered(1105, "DeadlineExceeded"), "lost"],
  ["1105 with ResourceExhausted", numbered(1105, "ResourceExhausted"), "lost"],
  ["1105 with InvalidArgument", numbered(1105, "InvalidArgument"), "other"],
  ["1064, a syntax error", numbered(1064), "other"],
  ["a number that nobody has listed", numbered(9999), "other"],
  ["no number, but Unavailable", failed("rpc error: code = Unavailable desc = no primary"), "lost"],
  ["no number and nothing else", failed("unauthorized", 401), "other"],
  ["an overload, by its status", failed("slow down", 429), "lost"],
  ["an overload, by its code", new DatabaseError("busy", 400, { code: "RESOURCE_EXHAUSTED", message: "busy" }), "lost"],
  ["no answer at all", new NoAnswer("nothing", { cause: new RangeError("whatever") }), "lost"],
  ["a gateway's 503", failed("Service Unavailable", 503), "lost"],
  ["an answer that is no JSON", new UnknownError("internal error", unreadable), "lost"],
  ["our own time limit", named("TimeoutError"), "lost"],
  ["an aborted fetch", named("AbortError"), "lost"],
  ["a network fault of fetch", new TypeError("fetch failed"), "lost"],
  ["workerd's word for a lost connection", new Error("Network connection lost."), "lost"],
  ["half an answer", new SyntaxError("Unexpected end of JSON input"), "lost"],
  ["a fault of ours", new RangeError("an index is out of range"), "other"],
  ["what is no error at all", "nonsense", "other"],
];

describe("a failed statement", () => {
  it.each(CASES)("%s", (_, error, meaning) => {
    expect(classifyFailure(error)).toBe(meaning);
    expect(classifyFailure(wrapped(error))).toBe(meaning);
  });

  it("tells its number, however deeply it is wrapped, and none where it has none", () => {
    expect(errorNumber(wrapped(wrapped(numbered(1213))))).toBe(1213);
    expect(errorNumber(failed("unauthorized", 401))).toBeUndefined();
    expect(errorNumber(new Error("(errno 1213) in a text that is not the database's"))).toBeUndefined();
  });
});
