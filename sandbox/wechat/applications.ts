/**
 * The simulated merchant and its three applications. An openid names a user within one application: here it
 * tells by its first five characters which one that is.
 */

export const MCH_ID = "1880000001";

export const APPLICATIONS = {
  officialAccount: { appId: "wx51a0a71e00000001", openids: "oOfcl" },
  miniProgram: { appId: "wx51a0a71e00000002", openids: "oMini" },
  mobileApp: { appId: "wx51a0a71e00000003", openids: "oMobi" },
} as const;

const ALL = Object.values(APPLICATIONS);
/** What follows the prefix: as with the real ones, letters, digits, `-` and `_`. */
const OPENID = /^o[0-9A-Za-z_-]{5,127}$/;

/** The simulated buyer's openid within an application. */
export function buyerOpenid(appId: string): string {
  return `${prefixOf(appId) ?? "oElse"}_the_simulated_buyer_01`;
}

/** Whose an openid is: the application's own, another application's of this merchant, or nobody's. */
export function openidOwner(appId: string, openid: string): "own" | "other" | "nobody" {
  const owner = OPENID.test(openid) ? ALL.find((application) => openid.startsWith(application.openids)) : undefined;
  if (!owner) return "nobody";
  return owner.appId === appId ? "own" : "other";
}

function prefixOf(appId: string): string | undefined {
  return ALL.find((application) => application.appId === appId)?.openids;
}
