/** Values that no log, answer, figure, story, address or column may show, and the places where they would. */
import { sql } from "drizzle-orm";
import * as z from "zod";
import { FIELD_ENCRYPTION_KEYS } from "../../support/field-keys.ts";
import { openShop, type Shop } from "./shop.ts";

/** What is or may be about a person, recognisable wherever it turns up. */
export const PERSONAL = {
  openid: "oOfcl_planted-0123456789abcd",
  miniOpenid: "oMini_planted-0123456789abcd",
  buyerId: "2088999900001111",
  buyerLogon: "pla***@planted.example",
  signInName: "planted.person@planted.example",
  name: "欧阳锋锋",
  phone: "13911112222",
  card: "6222021234567890123",
  address: "203.0.113.77",
  device: "planted-device-77",
  passback: "planted-passback-88",
  bankType: "PLANTED_BANK_DEBIT",
} as const;

/** Words a buyer might write, as orders and refunds take them. */
export const BUYERS_WORDS = `给${PERSONAL.name} ${PERSONAL.phone} 卡${PERSONAL.card}`;

/** What an environment keeps secret: as a whole, and a piece from the middle of what has several lines. */
export function secretsOf(env: Readonly<Record<string, unknown>>): string[] {
  const names = ["JWT_SECRET", "WECHAT_API_V3_KEY", "WECHAT_KEY", "ALIPAY_PRIVATE_KEY", "WECHAT_API_CLIENT_KEY"];
  const found = names.flatMap((name) => (typeof env[name] === "string" ? [env[name]] : []));
  const pieces = found.map((secret) =>
    secret.length > 100 ? secret.slice(200, 240).replaceAll(/\s.*/gs, "") : secret,
  );
  return [...pieces, FIELD_ENCRYPTION_KEYS.slice(10)].filter((secret) => secret.length > 8);
}

/** A place that was searched, and what was found there that must not be. */
interface Finding {
  readonly place: string;
  readonly value: string;
}

/** Every planted value that one of the texts holds, also as JSON and addresses write it. */
export function findPlanted(texts: ReadonlyMap<string, string>, values: readonly string[]): Finding[] {
  const spellings = values.flatMap((value) =>
    [...new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)])].map((text) => ({
      text,
      value,
    })),
  );
  return [...texts].flatMap(([place, text]) =>
    spellings.filter((spelling) => text.includes(spelling.text)).map(({ value }) => ({ place, value })),
  );
}

const columns = z.array(z.object({ name: z.string(), columns: z.string() }));

/** Everything that the database holds as text, table by table. */
export async function dumpOf(shop: Shop = openShop()): Promise<Map<string, string>> {
  const { rows } = await shop.db.execute(sql`
    select table_name as name, group_concat(column_name) as columns from information_schema.columns
    where table_schema = database() and data_type in ('char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext',
      'json', 'blob', 'mediumblob', 'longblob', 'binary', 'varbinary')
    group by table_name`);
  const dump = new Map<string, string>();
  for (const { name, columns: listed } of columns.parse(rows)) {
    const texts = sql.join(
      listed.split(",").map((column) => sql.identifier(column)),
      sql`, `,
    );
    const found = await shop.db.execute(sql`select ${texts} from ${sql.identifier(name)}`);
    dump.set(`table ${name}`, found.rows.map((row) => JSON.stringify(row)).join("\n"));
  }
  return dump;
}
