/** What a transfer request must be (WeChat Pay V3, merchant transfer). Amounts in fen. */
import * as z from "zod";
import { fingerprint } from "../trade.ts";
import type { World } from "../world.ts";
import { openidOwner } from "./applications.ts";
import { checked } from "./body.ts";
import type { Input } from "./endpoint.ts";
import { parameterError, WechatError } from "./errors.ts";
import { notifyUrl, text } from "./fields.ts";
import { sceneOf } from "./transfers-scenes.ts";

const NAMED_FROM = 200_000;
const MOST_NAME = 1024;

export const OutBillNo = z.string().regex(/^[0-9A-Za-z]{1,32}$/, "须为1至32位的数字或字母");

const TransferOrder = z.object({
  appid: text(32),
  out_bill_no: OutBillNo,
  transfer_scene_id: text(36),
  openid: text(64),
  user_name: text(MOST_NAME).optional(),
  transfer_amount: z.int().min(10),
  transfer_remark: text(32),
  notify_url: notifyUrl(256).optional(),
  user_recv_perception: text(32).optional(),
  transfer_scene_report_infos: z.array(z.object({ info_type: text(15), info_content: text(32) })).min(1),
  user_recv_style: z.object({ type: z.enum(["CONFIRM_PAGE", "RED_PACKET"]).optional() }).optional(),
});
type TransferOrder = z.infer<typeof TransferOrder>;

/** A request that breaks no rule, its name opened. */
export interface CheckedOrder extends Omit<TransferOrder, "user_name"> {
  readonly userName: string | undefined;
  readonly perception: string;
  /** What an identical repeat must look like: the name by its text, as each encryption of it differs. */
  readonly fingerprint: string;
}

/** Checks all that does not depend on what the books hold. Throws WechatError. */
export function checkedOrder(world: World, input: Input): CheckedOrder {
  const { user_name, ...order } = checked(TransferOrder, input.body);
  requireApplication(world, order.appid);
  requireRecipient(order);
  const perception = checkScene(order);
  const userName = user_name === undefined ? undefined : input.decrypt("/user_name", user_name);
  if (userName === "") throw parameterError("body", "/user_name", "解密后为空");
  if (userName === undefined && needsName(world, order)) throw parameterError("body", "/user_name", "为必填项");
  const members = checked(z.record(z.string(), z.unknown()), input.body);
  return { ...order, userName, perception, fingerprint: fingerprint({ ...members, user_name: userName }) };
}

function requireApplication({ wechat }: World, appId: string): void {
  if ([wechat.appId, wechat.miniAppId, wechat.mobileAppId].includes(appId)) return;
  throw new WechatError(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配");
}

function requireRecipient({ appid, openid }: Pick<TransferOrder, "appid" | "openid">): void {
  const owner = openidOwner(appid, openid);
  if (owner === "own") return;
  throw new WechatError(400, "PARAM_ERROR", "openid和appid不匹配", {
    location: "body",
    field: "/openid",
    value: openid,
    issue: "openid和appid不匹配",
  });
}

function needsName(world: World, order: Pick<TransferOrder, "transfer_amount" | "transfer_scene_id">): boolean {
  return (
    order.transfer_amount >= NAMED_FROM || world.wechat.transfers.policy.namedScenes.includes(order.transfer_scene_id)
  );
}

/** Every report that the scene demands, once, and no other; one whose demands are unknown takes any, each once. Returns what the recipient sees the money as. */
function checkScene(order: Omit<TransferOrder, "user_name">): string {
  const scene = sceneOf(order.transfer_scene_id);
  if (!scene) throw parameterError("body", "/transfer_scene_id", "转账场景不存在或未开通");
  const given = order.transfer_scene_report_infos.map((info) => info.info_type);
  const { name, reports = given, perceptions } = scene;
  if (given.length !== new Set(reports).size || !reports.every((report) => given.includes(report))) {
    throw parameterError("body", "/transfer_scene_report_infos", `${name}场景须报备：${reports.join("、")}`);
  }
  const perception = order.user_recv_perception ?? perceptions?.[0] ?? name;
  if (perceptions && !perceptions.includes(perception)) {
    throw parameterError("body", "/user_recv_perception", `${name}场景可用：${perceptions.join("、")}`);
  }
  return perception;
}
