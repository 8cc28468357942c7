/** A merchant that pays money out to users, written from the protocol alone. */
import { constants, createPublicKey, publicEncrypt } from "node:crypto";
import type { Received } from "./http.ts";
import { call, type Env, type Oddities, value } from "./wechat-client.ts";

export const TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills";

/** A transfer of one yuan that breaks no rule. */
export function transferOrder(env: Env, outBillNo: string, more: object = {}) {
  return {
    appid: value(env, "WECHAT_APP_ID"),
    out_bill_no: outBillNo,
    transfer_scene_id: "1005",
    openid: "oOfcl_recipient",
    transfer_amount: 100,
    transfer_remark: "7月佣金",
    notify_url: "https://shop.example/notify",
    transfer_scene_report_infos: [
      { info_type: "岗位类型", info_content: "推广员" },
      { info_type: "报酬说明", info_content: "7月推广" },
    ],
    ...more,
  };
}

export const askTransfer = (env: Env, order: object, odd?: Oddities): Promise<Received> =>
  call(env, "POST", TRANSFERS, order, odd);
export const queryTransfer = (env: Env, outBillNo: string): Promise<Received> =>
  call(env, "GET", `${TRANSFERS}/out-bill-no/${outBillNo}`);
export const cancelTransfer = (env: Env, outBillNo: string): Promise<Received> =>
  call(env, "POST", `${TRANSFERS}/out-bill-no/${outBillNo}/cancel`);

/** A text encrypted for the WeChat Pay public key (RSA-OAEP, SHA-1). */
export function sealedName(env: Env, name: string): string {
  const key = createPublicKey(value(env, "WECHAT_PUBLIC_KEY"));
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({ key, padding, oaepHash: "sha1" }, Buffer.from(name)).toString("base64");
}
