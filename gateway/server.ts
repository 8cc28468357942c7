/**
 * PlanetScale's HTTP protocol in front of any MySQL-compatible server, for development and tests: what the Worker's
 * database driver speaks in production, it speaks here.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { control } from "./control.ts";
import { GatewayDatabase } from "./database.ts";
import { type Answer, authenticate, failure, readJson, send } from "./http.ts";
import { ConnectionPool } from "./pool.ts";
import { SessionSigner } from "./session.ts";
import { Sessions } from "./sessions.ts";

export interface GatewayOptions {
  /** Default 127.0.0.1. The protocol here is plain HTTP: keep it on loopback. */
  readonly host?: string;
  /** Default: any free port. */
  readonly port?: number;
  /** `mysql://user:password@host:port` of the server behind. */
  readonly mysqlUrl: string;
  /** The password that every client has to give; the user name chooses the database. */
  readonly password: string;
  /** MySQL connections of all databases together, default 64. More statements than that wait their turn. */
  readonly maxConnections?: number;
  /** How long a transaction may take, default 20 seconds, as at PlanetScale. */
  readonly transactionTimeLimitMs?: number;
  /** How long an unused session keeps its state, default 10 seconds. */
  readonly sessionIdleMs?: number;
}

export interface Gateway {
  readonly port: number;
  /** The address to give PlanetScale's driver for `database`. */
  url(database: string): string;
  /** Stops listening and closes every connection, to both sides. */
  close(): Promise<void>;
}

const DATABASE_NAME = /^[\w-]{1,64}$/;

/** Starts a gateway. Throws when the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host = "127.0.0.1", password } = options;
  const core = new GatewayCore(options);
  const server = createServer((request, response) => {
    core.answer(request).then(
      (answer) => send(response, answer),
      // Only a client that went away, or a mistake of ours, comes here: there is nobody to tell more.
      () => send(response, "drop"),
    );
  });
  // Clients keep connections open; closing an idle one while a statement is on its way would look like a lost answer.
  server.keepAliveTimeout = 10 * 60_000;
  const port = await listen(server, host, options.port ?? 0);
  return {
    port,
    url: (database) => `http://${database}:${password}@${host}:${port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      core.close();
      await closed;
    },
  };
}

class GatewayCore {
  readonly #password: string;
  readonly #pool: ConnectionPool;
  readonly #sessions: Sessions;
  readonly #signer = new SessionSigner();
  readonly #databases = new Map<string, GatewayDatabase>();

  constructor(options: GatewayOptions) {
    const { maxConnections = 64, transactionTimeLimitMs = 20_000, sessionIdleMs = 10_000 } = options;
    this.#password = options.password;
    this.#pool = new ConnectionPool(options.mysqlUrl, maxConnections);
    this.#sessions = new Sessions(this.#pool, { transactionMs: transactionTimeLimitMs, idleMs: sessionIdleMs });
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const user = authenticate(request, this.#password);
    if (user === undefined || !DATABASE_NAME.test(user))
      return failure(401, "unauthenticated", "invalid auth credentials");
    const body = await readJson(request);
    if (body === undefined) return failure(400, "invalid_argument", "the body is not JSON or larger than 16 MiB");
    const { pathname } = new URL(request.url ?? "/", "http://gateway");
    const [first, name = "", ...path] = pathname.slice(1).split("/").map(decodeURIComponent);
    const { method = "" } = request;
    if (first === "_gateway" && DATABASE_NAME.test(name)) {
      return control({ method, path, body, databaseName: name }, this.#database(name), this.#pool);
    }
    if (method !== "POST") return failure(404, "not_found", "no such call");
    if (pathname === "/psdb.v1alpha1.Database/CreateSession") return this.#database(user).createSession();
    if (pathname !== "/psdb.v1alpha1.Database/Execute") return failure(404, "not_found", "no such call");
    return this.#database(user).execute(body, requestId(request));
  }

  close(): void {
    for (const database of this.#databases.values()) database.pauses.resumeAll();
    this.#sessions.close();
    this.#pool.close();
  }

  #database(name: string): GatewayDatabase {
    const known = this.#databases.get(name);
    if (known) return known;
    const database = new GatewayDatabase(name, this.#sessions, this.#signer);
    this.#databases.set(name, database);
    return database;
  }
}

function requestId(request: IncomingMessage): string | undefined {
  const header = request.headers["x-request-id"];
  return typeof header === "string" ? header : undefined;
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (typeof address === "object" && address !== null) resolve(address.port);
      else reject(new Error(`the gateway does not listen on a port of ${host}`));
    });
  });
}
