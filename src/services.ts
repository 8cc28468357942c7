/** The composition root: a Config becomes what one request, or one run of the jobs, works with. */
import { connectDatabase } from "../db/client.ts";
import { destinationsOf } from "./config/destinations.ts";
import { type Config, readConfig } from "./config.ts";
import type { PaymentContext } from "./payments/context.ts";
import { CallLog, writeProviderCalls } from "./payments/provider-calls.ts";
import { certificateWarnings } from "./providers/alipay/certificate-warnings.ts";
import type { AlipayConfig } from "./providers/alipay/config.ts";
import { AlipayPayProvider } from "./providers/alipay/provider.ts";
import { PointsProvider } from "./providers/points/provider.ts";
import type { PaymentProvider } from "./providers/provider.ts";
import { ProviderRegistry } from "./providers/registry.ts";
import type { ReportTrouble } from "./providers/trouble.ts";
import { WechatPayProvider } from "./providers/wechat/provider.ts";
import { type Authenticate, createAuthenticator } from "./security/authenticate.ts";
import { FieldCipher } from "./security/field-cipher.ts";
import { restrictFetch } from "./security/outgoing.ts";
import { createLogger, type Logger } from "./telemetry/log.ts";
import { slowCalls } from "./telemetry/slow-calls.ts";

const DATABASE_TIMEOUT_MS = 5000;

/** The outside world, passed in so that tests can put another in its place. */
export interface Surroundings {
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Takes one finished log line. */
  readonly writeLog: (line: string) => void;
}

/** One request, or one run of the jobs. */
export interface Scope {
  readonly requestId: string;
  /** Keeps the Worker alive until the work has ended. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

export interface Services {
  readonly config: Config;
  readonly authenticate: Authenticate;
  /** For one request: all its provider calls share one budget of time. */
  requestContext(scope: Scope): PaymentContext;
  /** For a run of the jobs: each provider call has a budget of its own. */
  jobContext(scope: Scope): PaymentContext;
}

/** Wires everything up. What it returns lives as long as the isolate; the providers keep their imported keys. */
export function createServices(config: Config, surroundings: Surroundings): Services {
  const { now, writeLog } = surroundings;
  const remote: PaymentProvider[] = [];
  // For calls that belong to no request's budget, such as the certificates that a callback needs.
  const log = createLogger({}, writeLog, now);
  const refused = (host: string) => log.error("outgoing.refused", undefined, { host });
  const fetch = restrictFetch(surroundings.fetch, destinationsOf(config), refused);
  const report: ReportTrouble = (trouble) => log.warn("provider.trouble", { ...trouble });
  const record = slowCalls(log, config.slowCallMs).provider;
  const runtime = { fetch, report, record, ...(config.paymentCache && { cache: config.paymentCache }) };
  if (config.wechat) remote.push(new WechatPayProvider(config.wechat, runtime));
  if (config.alipay) {
    remote.push(new AlipayPayProvider(config.alipay, runtime));
    warnOfSettings(config.alipay, log, now());
  }

  const cipher = new FieldCipher(config.fieldKeys);
  const contextOf = (scope: Scope, providerBudget: () => AbortSignal): PaymentContext => {
    const { requestId } = scope;
    const log = createLogger({ requestId }, writeLog, now);
    const slow = slowCalls(log, config.slowCallMs);
    const watch = { now, took: slow.database };
    const db = connectDatabase({ url: config.databaseUrl, timeoutMs: DATABASE_TIMEOUT_MS, fetch, requestId, watch });
    return {
      requestId,
      db,
      providers: new ProviderRegistry([...remote, new PointsProvider(db)]),
      settings: config.settings,
      log,
      cipher,
      calls: new CallLog(slow.provider),
      now,
      providerBudget,
      defer: (work) => scope.waitUntil(afterwards(log, () => recorded(contextOf(scope, sharedBudget()), work))),
    };
  };
  const ownBudget = () => AbortSignal.timeout(config.providerTimeoutMs);
  const sharedBudget = () => {
    let signal: AbortSignal | undefined;
    return () => {
      signal ??= ownBudget();
      return signal;
    };
  };
  return {
    config,
    authenticate: createAuthenticator(config.tokens, config.access, { fetch, now }),
    requestContext: (scope) => contextOf(scope, sharedBudget()),
    jobContext: (scope) => contextOf(scope, ownBudget),
  };
}

/** Each isolate says so once: whoever watches the logs has a month to replace what lapses. */
function warnOfSettings(config: AlipayConfig, log: Logger, now: number): void {
  if (config.sellerId === undefined) log.warn("alipay.seller_unchecked", { variable: "ALIPAY_SELLER_ID" });
  for (const { variable, sn, expiresAt, daysLeft } of certificateWarnings(config, now)) {
    log.warn("alipay.certificate_expires", { variable, sn, expiresAt: expiresAt.toISOString(), daysLeft });
  }
}

/** Does something, and then writes down which calls it made. */
async function recorded(ctx: PaymentContext, work: (ctx: PaymentContext) => Promise<unknown>): Promise<void> {
  try {
    await work(ctx);
  } finally {
    await writeProviderCalls(ctx);
  }
}

async function afterwards(log: Logger, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error("deferred.failed", error);
  }
}

/** Gives the services of an environment, made once for each environment object. Throws ConfigError, every time. */
export type LoadServices = (environment: object) => Services;

/** Makes the loader of an isolate. */
export function createLoader(surroundings: Surroundings): LoadServices {
  const loaded = new WeakMap<object, () => Services>();
  return (environment) => {
    const known = loaded.get(environment) ?? attempt(() => createServices(readConfig(environment), surroundings));
    loaded.set(environment, known);
    return known();
  };
}

/** Does something once; the result, or the error, comes out every time. */
function attempt<T>(make: () => T): () => T {
  try {
    const value = make();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
