/** What WeChat does with wx.requestMerchantTransfer: checks its parameters, then shows the confirmation page. */
import type { World } from "../world.ts";
import type { Transfer } from "./transfers-book.ts";

/** What the shop's client hands over. */
export interface TransferInvocation {
  readonly mchId: string;
  readonly appId: string;
  readonly package: string;
}

/** The transfer that the parameters lead to, or what is wrong with them. */
export function invokedTransfer(
  world: World,
  invocation: TransferInvocation,
): { readonly transfer: Transfer } | { readonly problem: string } {
  const transfer = world.wechat.transfers.byPackage(invocation.package);
  if (!transfer) return { problem: "package is not one that a transfer was answered with" };
  if (invocation.mchId !== world.wechat.mchId) return { problem: "mchId is not the merchant's" };
  if (invocation.appId !== transfer.appId) return { problem: "appId is not the transfer's" };
  return { transfer };
}

/** Where the recipient's phone finds the confirmation page, or what is wrong with the parameters. */
export function openTransfer(
  world: World,
  invocation: TransferInvocation,
): { readonly url: string } | { readonly problem: string } {
  const invoked = invokedTransfer(world, invocation);
  if ("problem" in invoked) return invoked;
  const { mchId, appId } = invocation;
  return { url: `${world.url}/wechat/transfer?${new URLSearchParams({ mchId, appId, package: invocation.package })}` };
}
