/** What each transfer scene demands to be told, and may call the money to the recipient (WeChat Pay, 商家转账). */

interface Scene {
  readonly name: string;
  /** Each of them exactly once. Undefined where they are not published: any are taken then. */
  readonly reports?: readonly string[];
  /** The first is shown where the request names none. Undefined where they are not published. */
  readonly perceptions?: readonly string[];
}

const SCENES: Readonly<Record<string, Scene>> = {
  "1000": { name: "现金营销", reports: ["活动名称", "奖励说明"], perceptions: ["活动奖励", "现金奖励"] },
  "1002": { name: "行政补贴", reports: ["补贴类型"], perceptions: ["行政补贴", "行政奖励"] },
  "1004": {
    name: "保险理赔",
    reports: ["保险产品备案编号", "保险名称", "保险操作单号"],
    perceptions: ["保险理赔款"],
  },
  "1005": {
    name: "佣金报酬",
    reports: ["岗位类型", "报酬说明"],
    perceptions: ["劳务报酬", "报销款", "企业补贴", "开工利是"],
  },
  "1006": { name: "企业报销" },
  "1009": { name: "采购货款", reports: ["采购商品名称"], perceptions: ["货款"] },
  "1010": { name: "二手回收", reports: ["回收商品名称"], perceptions: ["二手回收货款"] },
  "1011": { name: "企业赔付", reports: ["赔付原因"], perceptions: ["商家赔付", "退款"] },
  "1013": { name: "公益补助", reports: ["公益活动名称", "公益活动备案编号"], perceptions: ["公益补助金"] },
};

export function sceneOf(id: string): Scene | undefined {
  return Object.hasOwn(SCENES, id) ? SCENES[id] : undefined;
}
