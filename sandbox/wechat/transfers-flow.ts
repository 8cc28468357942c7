/** How a transfer goes on after it was taken: the recipient confirms within a day, or it comes to nothing. */
import { SECOND } from "../times.ts";
import type { World } from "../world.ts";
import { canBecome, isOver, type Transfer, type TransferState } from "./transfers-book.ts";
import { transferNotice } from "./transfers-notice.ts";

/** Takes a new transfer on: at once, or step by step where the policy says so. */
export function startTransfer(world: World, transfer: Transfer): void {
  const { acceptedSeconds, processingSeconds } = world.wechat.transfers.policy;
  later(world, transfer, acceptedSeconds, "PROCESSING", () =>
    later(world, transfer, processingSeconds, "WAIT_USER_CONFIRM"),
  );
  world.clock.at(transfer.confirmBy, () => {
    if (canBecome(transfer, "FAIL") && transfer.state !== "TRANSFERING") failTransfer(world, transfer, "OVERDUE_CLOSE");
  });
}

/** The recipient takes the money, which arrives a little later. */
export function confirmTransfer(world: World, transfer: Transfer): void {
  world.wechat.transfers.move(transfer, "TRANSFERING");
  later(world, transfer, world.wechat.transfers.policy.transferringSeconds, "SUCCESS");
}

/** The merchant takes the money back, which is done a little later. */
export function cancelTransfer(world: World, transfer: Transfer): void {
  world.wechat.transfers.move(transfer, "CANCELING");
  later(world, transfer, world.wechat.transfers.policy.cancelingSeconds, "CANCELLED");
}

/** Ends a transfer for a reason in WeChat Pay's words. */
export function failTransfer(world: World, transfer: Transfer, reason: string): void {
  move(world, transfer, "FAIL", reason);
}

/** Whether the recipient can confirm now. */
export function isConfirmable(world: World, transfer: Transfer): boolean {
  return transfer.state === "WAIT_USER_CONFIRM" && world.clock.now() < transfer.confirmBy;
}

/** Moves on after a while, unless something else has happened to the transfer by then. */
function later(world: World, transfer: Transfer, seconds: number, state: TransferState, then?: () => void): void {
  const from = transfer.state;
  const go = () => {
    if (transfer.state !== from) return;
    move(world, transfer, state);
    then?.();
  };
  if (seconds === 0) go();
  else world.clock.at(world.clock.now() + seconds * SECOND, go);
}

function move(world: World, transfer: Transfer, state: TransferState, reason: string | null = null): void {
  world.wechat.transfers.move(transfer, state, reason);
  const notice = isOver(transfer) ? transferNotice(world, transfer) : undefined;
  if (notice) world.deliveries.enqueue(notice);
}
