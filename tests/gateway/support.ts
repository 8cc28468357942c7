/** A gateway of a test file's own, on a database of its own. */
import { Client, type Connection } from "@planetscale/database";
import { createConnection } from "mysql2/promise";
import { inject } from "vitest";
import { type Gateway, type GatewayOptions, startGateway } from "../../gateway/server.ts";

const PASSWORD = "gateway-test";

/** A gateway with one fresh database behind it. */
export interface TestGateway {
  readonly gateway: Gateway;
  readonly url: string;
  readonly client: Client;
  connection(): Connection;
  /** Calls `/_gateway/<database>/<path>`. */
  control(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  close(): Promise<void>;
}

/** Makes `database` afresh and starts a gateway for it. */
export async function openGateway(
  database: string,
  options: Partial<Omit<GatewayOptions, "mysqlUrl" | "password">> = {},
): Promise<TestGateway> {
  const name = `gateway_${database}`;
  await onServer(`drop database if exists ${name}`, `create database ${name} character set utf8mb4`);
  const gateway = await startGateway({ ...options, mysqlUrl: inject("mysqlUrl"), password: PASSWORD });
  const url = gateway.url(name);
  const client = new Client({ url });
  return {
    gateway,
    url,
    client,
    connection: () => client.connection(),
    control: (method, path, body) => control(gateway, name, method, path, body),
    close: async () => {
      await gateway.close();
      await onServer(`drop database ${name}`);
    },
  };
}

async function control(gateway: Gateway, database: string, method: string, path: string, body: unknown) {
  const response = await fetch(`http://127.0.0.1:${gateway.port}/_gateway/${database}/${path}`, {
    method,
    headers: { authorization: `Basic ${btoa(`${database}:${PASSWORD}`)}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: Record<string, unknown> = Object.assign({}, await response.json());
  return { status: response.status, body: answer };
}

async function onServer(...statements: string[]): Promise<void> {
  const connection = await createConnection(inject("mysqlUrl"));
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}
