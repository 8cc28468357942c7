import { describe, expect, it } from "vitest";
import { checkAnswer } from "../../../db/answer.ts";
import { NoAnswer } from "../../../db/errors.ts";

const request = (query: string) => JSON.stringify({ query, session: null });
const READ = request("select `id` from `orders`");
const UPDATE = request("update `orders` set `state` = 'PAID'");
const FIELDS = [{ name: "id", type: "VARCHAR" }];

const answered = (statement: string, answer: unknown) => () =>
  checkAnswer(statement, new TextEncoder().encode(typeof answer === "string" ? answer : JSON.stringify(answer)));

describe("an answer", () => {
  it.each([
    ["rows", READ, { result: { fields: FIELDS, rows: [{ lengths: ["1"], values: "QQ==" }] } }],
    ["no rows", READ, { session: {}, result: { fields: FIELDS } }],
    ["rows of a union", request("\n  (select 1) union all (select 2)"), { result: { fields: FIELDS, rows: [] } }],
    ["a change of two rows", UPDATE, { result: { rowsAffected: "2" } }],
    ["a change of none", UPDATE, { session: {}, result: {} }],
    ["a change of none that has no result", UPDATE, { session: {} }],
    ["an error", READ, { session: {}, error: { code: "UNKNOWN", message: "(errno 1062)" } }],
  ])("is %s", (_, statement, answer) => {
    expect(answered(statement, answer)).not.toThrow();
  });

  it.each([
    ["nothing", READ, ""],
    ["a page", READ, "<html><body>Please log in</body></html>"],
    ["half of one", READ, '{"result":{"fields":[{"name":"i'],
    ["an empty object", READ, {}],
    ["an empty object, after a change", UPDATE, {}],
    ["null", UPDATE, "null"],
    ["a list", UPDATE, "[]"],
    ["a session alone, after a question", READ, { session: {} }],
    ["no result of a change, in no session", UPDATE, { session: null, result: null }],
    ["a result of no rows that does not say of what", READ, { result: {} }],
    ["a count, after a question", READ, { result: { rowsAffected: "1" } }],
    ["rows that are no list", READ, { result: { fields: FIELDS, rows: {} } }],
    ["a count that is none", UPDATE, { result: { rowsAffected: "many" } }],
    ["an error without words", UPDATE, { error: {} }],
    ["a word", UPDATE, '"ok"'],
  ])("is not %s", (_, statement, answer) => {
    expect(answered(statement, answer)).toThrow(NoAnswer);
  });
});
