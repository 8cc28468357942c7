/** Requests with all their parameters, dated and signed for one application (Alipay gateway protocol v2). */
import { importCbcKey, sealCbc } from "../../crypto/aes-cbc.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import { lazy } from "../../crypto/lazy.ts";
import { importPrivateKey, signSha256 } from "../../crypto/rsa.ts";
import { formatBeijing } from "../beijing-time.ts";
import type { AlipayRequest } from "./call.ts";
import { certificateSns } from "./certificate-sn.ts";
import type { AlipayConfig } from "./config.ts";
import { requestContent } from "./signature.ts";

type Parameters = Readonly<Record<string, string>>;

/** A signed request, in the two parts that travel apart. */
export interface SignedRequest {
  /** Common parameters, the signature last. They go into the address, `charset` above all. */
  readonly common: Parameters;
  /** `biz_content` and what belongs to it. */
  readonly content: Parameters;
}

export class RequestSigner {
  /** Undefined where the merchant has not turned content encryption on. */
  readonly encryptKey: (() => Promise<CryptoKey>) | undefined;
  readonly #config: AlipayConfig;
  readonly #privateKey: () => Promise<CryptoKey>;
  readonly #certificateSns: Parameters;

  constructor(config: AlipayConfig) {
    const { encryptKey, certificates } = config;
    this.#config = config;
    this.#privateKey = lazy(() => importPrivateKey(config.privateKeyPem, "ALIPAY_PRIVATE_KEY"));
    this.#certificateSns = certificates ? certificateSns(certificates) : {};
    this.encryptKey = encryptKey === undefined ? undefined : lazy(() => importCbcKey(encryptKey, "ALIPAY_ENCRYPT_KEY"));
  }

  /**
   * Signs a request as of now. What is signed is exactly what is sent.
   * @param request `plain` leaves it unencrypted
   * @param now milliseconds since the epoch
   */
  async sign(request: AlipayRequest & { readonly plain?: true }, now: number): Promise<SignedRequest> {
    const { bizContent, notifyUrl, returnUrl } = request;
    const content = request.plain ? { biz_content: bizContent } : await this.#content(bizContent);
    const common = {
      app_id: this.#config.appId,
      method: request.method,
      format: "JSON",
      charset: "utf-8",
      sign_type: "RSA2",
      timestamp: formatBeijing(new Date(now)),
      version: "1.0",
      ...this.#certificateSns,
      ...(notifyUrl ? { notify_url: notifyUrl } : {}),
      ...(returnUrl ? { return_url: returnUrl } : {}),
    };
    const sign = await signSha256(await this.#privateKey(), requestContent({ ...common, ...content }));
    return { common: { ...common, sign }, content };
  }

  async #content(bizContent: string): Promise<Parameters> {
    if (!this.encryptKey) return { biz_content: bizContent };
    return { biz_content: await sealCbc(await this.encryptKey(), bizContent), encrypt_type: "AES" };
  }
}
