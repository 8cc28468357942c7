/** A shop whose Alipay application is in certificate mode, as transfers need it. */
import { sandbox } from "./controls.ts";
import { openShop, type Shop, type ShopOptions } from "./shop.ts";

interface Settings {
  readonly alipay: {
    readonly certificateEnv: {
      readonly ALIPAY_APP_CERT: string;
      readonly ALIPAY_ROOT_CERT: string;
      readonly ALIPAY_PUBLIC_CERT: string;
    };
  };
}

/** Turns certificate mode on, until the simulator is reset, and opens a shop that speaks it. */
export async function openCertifiedShop(options: ShopOptions = {}): Promise<Shop> {
  await sandbox("POST", "alipay/application", { mode: "certificate" });
  const { certificateEnv } = (await sandbox<Settings>("GET", "settings")).alipay;
  const { ALIPAY_APP_CERT: app, ALIPAY_ROOT_CERT: root, ALIPAY_PUBLIC_CERT: alipay } = certificateEnv;
  return openShop({ ...options, alipayCertificates: { app, root, alipay } });
}
