import { describe, expect, it } from "vitest";
import { statementName } from "../../../db/statement-name.ts";

const nameOf = (query: string) => statementName(JSON.stringify({ query, session: null }));

describe("a statement is called by what it does and the table it names first", () => {
  it.each([
    ["select `id` from `orders` where `orders`.`id` = '1'", "select orders"],
    ["update `payment_transactions` inner join `orders` on 1 = 1 set x = 'y'", "update payment_transactions"],
    ["insert into `provider_calls` (`id`) values ('1')", "insert provider_calls"],
    ["insert into `payment_transactions` (a) select 'x' from `orders`", "insert payment_transactions"],
    ["delete from `events` where 1 = 1", "delete events"],
    ["\n  update orders set x = 1", "update orders"],
    ["(select 1 from stock_passes limit 1)", "select stock_passes"],
    ["select 1", "select"],
    ["BEGIN", "begin"],
    ["explain select 1", "other"],
  ])("%s", (query, name) => {
    expect(nameOf(query)).toBe(name);
  });

  it("and never by anything that somebody wrote", () => {
    expect(nameOf("select 'from zhangsan' as x from `orders`")).toBe("select orders");
    expect(nameOf("update x set y = 'from zhangsan '")).toBe("update");
    expect(statementName("undefined")).toBe("other");
  });
});
