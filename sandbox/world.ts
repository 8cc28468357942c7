/** Everything one simulator consists of, handed to whoever needs it. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { APP_ID, Application, type Mode, SELLER_ID } from "./alipay/application.ts";
import { BILL_LIFE as ALIPAY_BILL_LIFE, type Bill as AlipayBill } from "./alipay/bill.ts";
import { Phone } from "./alipay/phone.ts";
import { PreAuthBook } from "./alipay/pre-auth-book.ts";
import { Screens } from "./alipay/screens.ts";
import { Signing as AlipaySigning } from "./alipay/signing.ts";
import { TransferBook as AlipayTransferBook } from "./alipay/transfer-book.ts";
import { BillDesk } from "./bills-desk.ts";
import { Books } from "./books.ts";
import { Clock } from "./clock.ts";
import { Deliveries } from "./deliveries.ts";
import { Faults } from "./faults.ts";
import type { Keys } from "./keys.ts";
import { postToShop } from "./post.ts";
import { APPLICATIONS, MCH_ID } from "./wechat/applications.ts";
import { BILL_LIFE as WECHAT_BILL_LIFE, type Bill as WechatBill } from "./wechat/bill.ts";
import { Cashiers } from "./wechat/cashiers.ts";
import { CombineBook } from "./wechat/combine-book.ts";
import { Merchant } from "./wechat/merchant.ts";
import { Rates } from "./wechat/rates.ts";
import { Signing } from "./wechat/signing.ts";
import { TransferBook } from "./wechat/transfers-book.ts";

export interface World {
  /** Where phones and shops reach the simulator. */
  readonly url: string;
  readonly notify: "push" | "pull";
  /** How long a WeChat Pay refund stays PROCESSING, in ms of the schedule clock. */
  readonly refundDelay: number;
  readonly wechat: {
    /** The official account's. */
    readonly appId: string;
    readonly miniAppId: string;
    readonly mobileAppId: string;
    readonly mchId: string;
    readonly merchantSerial: string;
    /** Of the merchant's API certificate: verifies requests, encrypts fields of answers. */
    readonly merchantKey: KeyObject;
    readonly apiV3Key: string;
    readonly v2Key: string;
    readonly signing: Signing;
    readonly merchant: Merchant;
    readonly cashiers: Cashiers;
    readonly rates: Rates;
    readonly bills: BillDesk<WechatBill>;
    readonly combinations: CombineBook;
    readonly transfers: TransferBook;
  };
  readonly alipay: {
    readonly appId: string;
    readonly sellerId: string;
    readonly application: Application;
    readonly signing: AlipaySigning;
    readonly screens: Screens;
    readonly phone: Phone;
    readonly bills: BillDesk<AlipayBill>;
    readonly transfers: AlipayTransferBook;
    readonly freezes: PreAuthBook;
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
  /** The shop's address for notices of refunds, where the shop is known. */
  readonly refundUrl: string | null;
  readonly alipayMode: Mode;
  readonly alipayEncryption: boolean;
}

/** A world with empty books. */
export function createWorld(options: WorldOptions): World {
  const clock = new Clock();
  const faults = new Faults(() => clock.now());
  const post = options.notify === "push" ? postToShop : null;
  return {
    url: options.url,
    notify: options.notify,
    refundDelay: options.refundSeconds * 1000,
    wechat: wechatParty(options.keys.wechat, options.refundUrl, clock),
    alipay: alipayParty(options, clock),
    clock,
    books: new Books(() => clock.now()),
    faults,
    deliveries: new Deliveries(clock, faults, post),
  };
}

function wechatParty(keys: Keys["wechat"], refundUrl: string | null, clock: Clock): World["wechat"] {
  return {
    appId: APPLICATIONS.officialAccount.appId,
    miniAppId: APPLICATIONS.miniProgram.appId,
    mobileAppId: APPLICATIONS.mobileApp.appId,
    mchId: MCH_ID,
    merchantSerial: keys.merchantSerial,
    merchantKey: createPublicKey(keys.merchantPrivateKey),
    apiV3Key: keys.apiV3Key,
    v2Key: keys.v2Key,
    signing: new Signing(keys),
    merchant: new Merchant(refundUrl),
    cashiers: new Cashiers(),
    rates: new Rates(() => Date.now()),
    bills: new BillDesk(() => clock.now(), WECHAT_BILL_LIFE),
    combinations: new CombineBook(() => clock.now()),
    transfers: new TransferBook(() => clock.now()),
  };
}

function alipayParty(options: WorldOptions, clock: Clock): World["alipay"] {
  const { keys, alipayMode: mode, alipayEncryption: encryption } = options;
  return {
    appId: APP_ID,
    sellerId: SELLER_ID,
    application: new Application(keys.alipay.encryptKey, { mode, encryption, gatewayUrl: null }),
    signing: new AlipaySigning(keys.alipay),
    screens: new Screens(),
    phone: new Phone(() => clock.now()),
    bills: new BillDesk(() => clock.now(), ALIPAY_BILL_LIFE),
    transfers: new AlipayTransferBook(() => clock.now()),
    freezes: new PreAuthBook(() => clock.now()),
  };
}
