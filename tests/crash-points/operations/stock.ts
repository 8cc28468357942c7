/** What operators do to stock and points. */
import type { Api, Person } from "../../simulation/shop.ts";
import { asking, type Cast, isThere, type Operation } from "../operation.ts";
import { OPERATOR, payableOrder, SERVICE } from "../staging.ts";

interface Change extends Pick<Operation, "name" | "trips" | "ends"> {
  readonly by: Person;
  readonly say: (api: Api, cast: Cast) => Promise<unknown>;
  /** Finds it in the books, by the first thing's SKU and the buyer. */
  readonly sql: string;
}

const changing = ({ by, say, sql, ...operation }: Change): Operation => ({
  ...operation,
  calls: 0,
  stage: async (world, cast) => {
    await payableOrder(world, cast, "wechat");
    const run = (api: Api) => say(api, cast);
    return {
      ask: asking(world, { by, run, same: () => "changed" }),
      isTrue: () => isThere(world, sql, cast.skus[0], cast.buyer.id),
    };
  },
});

const reason = "agreed";
const shelf = (pieces: number) => `select 1 from inventory_items where sku = ? and ? <> '' and on_hand = ${pieces}`;

export const STOCK: readonly Operation[] = [
  changing({
    name: "putting pieces on the shelf",
    trips: 5,
    ends: { stock: ["10 0 0", "15 0 0"] },
    by: OPERATOR,
    say: (api, { skus: [sku] }) => api.inventory.adjust({ sku, quantity: 5, reason }),
    sql: shelf(15),
  }),
  changing({
    name: "counting fewer pieces than are promised",
    trips: 8,
    ends: { stock: ["1 0 1", "10 0 0"], events: ["stock.shortage"] },
    by: OPERATOR,
    say: (api, { skus: [sku] }) => api.inventory.count({ sku, counted: 1, reason }),
    sql: shelf(1),
  }),
  changing({
    name: "giving points",
    trips: 6,
    ends: { points: ["1000 0 0"], journal: ["GRANT 100", "GRANT 900"] },
    by: SERVICE,
    say: (api, { buyer }) => api.points.grant({ userId: buyer.id, points: 100, reason }),
    sql: "select 1 from points_accounts where ? <> '' and user_id = ? and balance = 1000",
  }),
];
