/** The control interface as a test uses it. */
import { send } from "./http.ts";

interface TradeRecord {
  readonly outTradeNo: string;
  readonly providerTradeNo: string | null;
  readonly state: string;
  readonly amount: number;
  readonly paidAt: string | null;
  readonly refunded: number;
  readonly refunds: { outRefundNo: string; amount: number; status: string; providerRefundNo: string }[];
}

interface DeliveryRecord {
  readonly id: string;
  readonly event: string;
  readonly outTradeNo: string;
  readonly attempts: number;
  readonly state: string;
  readonly nextAt: string | null;
  readonly lastAnswer: { status?: number; body?: string; error?: string } | null;
}

export interface TakenDelivery {
  readonly id: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

interface Settings {
  readonly wechat: { readonly openids: Record<string, string>; readonly platformSerial: string };
}

export interface Control {
  settings(): Promise<Settings>;
  trade(provider: string, outTradeNo: string): Promise<TradeRecord>;
  deliveries(outTradeNo: string): Promise<DeliveryRecord[]>;
  take(filter: object): Promise<TakenDelivery[]>;
  clock(): Promise<{ readonly now: string }>;
  get(path: string): Promise<unknown>;
  /** Any other call; rejects unless it succeeds. */
  post(path: string, body?: object): Promise<unknown>;
  fault(fault: object): Promise<unknown>;
  /** Moves the schedule clock and waits for what fell due. */
  advance(seconds: number): Promise<unknown>;
}

export function controlOf(url: string): Control {
  const call = async (method: string, path: string, body?: object) => {
    const answer = await send({ method, url: `${url}/_sandbox${path}`, body: body ? JSON.stringify(body) : "" });
    if (answer.status >= 400) throw new Error(`${answer.status} ${answer.body}`);
    return JSON.parse(answer.body);
  };
  return {
    settings: () => call("GET", "/settings"),
    trade: (provider, outTradeNo) => call("GET", `/trades/${provider}/${encodeURIComponent(outTradeNo)}`),
    deliveries: async (outTradeNo) => {
      const all: DeliveryRecord[] = await call("GET", "/deliveries");
      return all.filter((delivery) => delivery.outTradeNo === outTradeNo);
    },
    take: (filter) => call("POST", "/deliveries/take", filter),
    clock: () => call("GET", "/clock"),
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
    fault: (fault) => call("POST", "/faults", fault),
    advance: (seconds) => call("POST", "/clock", { advanceSeconds: seconds }),
  };
}
