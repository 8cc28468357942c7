/** Everything one simulator consists of, handed to whoever needs it. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { Books } from "./books.ts";
import { Clock } from "./clock.ts";
import { Deliveries } from "./deliveries.ts";
import { Faults } from "./faults.ts";
import type { Keys } from "./keys.ts";
import { postToShop } from "./post.ts";

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface World {
  /** Where phones and shops reach the simulator. */
  readonly url: string;
  readonly notify: "push" | "pull";
  /** How long a WeChat Pay refund stays PROCESSING, in ms of the schedule clock. */
  readonly refundDelay: number;
  readonly wechat: {
    readonly appId: string;
    readonly mchId: string;
    readonly merchantSerial: string;
    readonly merchantKey: KeyPair;
    readonly apiV3Key: string;
    readonly publicKeyId: string;
    readonly payKey: KeyPair;
    readonly platformSerial: string;
    readonly platformKey: KeyPair;
    readonly platformCertificate: string;
  };
  readonly alipay: {
    readonly appId: string;
    readonly sellerId: string;
    readonly appKey: KeyPair;
    readonly gatewayKey: KeyPair;
  };
  readonly clock: Clock;
  readonly books: Books;
  readonly faults: Faults;
  readonly deliveries: Deliveries;
}

interface WorldOptions {
  readonly url: string;
  readonly notify: "push" | "pull";
  readonly refundSeconds: number;
  readonly keys: Keys;
}

/** A world with empty books. */
export function createWorld(options: WorldOptions): World {
  const clock = new Clock();
  const faults = new Faults();
  const post = options.notify === "push" ? postToShop : null;
  return {
    url: options.url,
    notify: options.notify,
    refundDelay: options.refundSeconds * 1000,
    wechat: wechatParty(options.keys.wechat),
    alipay: alipayParty(options.keys.alipay),
    clock,
    books: new Books(() => clock.now()),
    faults,
    deliveries: new Deliveries(clock, faults, post),
  };
}

function wechatParty(keys: Keys["wechat"]): World["wechat"] {
  return {
    appId: "wx51a0a71e00000001",
    mchId: "1880000001",
    merchantSerial: keys.merchantSerial,
    merchantKey: keyPair(keys.merchantPrivateKey),
    apiV3Key: keys.apiV3Key,
    publicKeyId: keys.publicKeyId,
    payKey: keyPair(keys.payPrivateKey),
    platformSerial: keys.platformSerial,
    platformKey: keyPair(keys.platformPrivateKey),
    platformCertificate: keys.platformCertificate,
  };
}

function alipayParty(keys: Keys["alipay"]): World["alipay"] {
  return {
    appId: "9021000000000001",
    sellerId: "2088000000000001",
    appKey: keyPair(keys.appPrivateKey),
    gatewayKey: keyPair(keys.gatewayPrivateKey),
  };
}

function keyPair(privateKeyPem: string): KeyPair {
  const privateKey = createPrivateKey(privateKeyPem);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
