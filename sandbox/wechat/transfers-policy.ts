/** How transfers go, as a test wants it. Seconds of the schedule clock. */

export interface TransferPolicy {
  /** Addresses that these calls are taken from; null takes them from anywhere. */
  listedAddresses: readonly string[] | null;
  /** How long a transfer stays ACCEPTED and PROCESSING before the recipient can confirm. */
  acceptedSeconds: number;
  processingSeconds: number;
  /** How long a confirmed transfer stays TRANSFERING, a taken back one CANCELING. */
  transferringSeconds: number;
  cancelingSeconds: number;
  /** Scenes that demand the recipient's name whatever the amount. */
  namedScenes: readonly string[];
}

export function initialTransferPolicy(): TransferPolicy {
  return {
    listedAddresses: null,
    acceptedSeconds: 0,
    processingSeconds: 0,
    transferringSeconds: 2,
    cancelingSeconds: 2,
    namedScenes: [],
  };
}
