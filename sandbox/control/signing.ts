/** Control of WeChat Pay's keys: which of them signs, rotation, the migration to the public key. */
import { Hono } from "hono";
import * as z from "zod";
import type { SandboxEnv } from "../http.ts";
import { newPrivateKey } from "../keys.ts";
import { rfc3339 } from "../times.ts";
import type { World } from "../world.ts";
import { ControlError, input } from "./input.ts";

const share = z.number().min(0).max(100);
const Policy = z.strictObject({
  publicKeySwitch: z.boolean().optional(),
  publicKeyShare: share.optional(),
  newestShare: share.optional(),
  certificateList: z.enum(["listed", "empty", "not_found"]).optional(),
});
const Rotation = z.strictObject({ newestShare: share.default(0) });

/** /_sandbox/wechat/signing and /_sandbox/wechat/certificates */
export function signingControl(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  const { signing } = world.wechat;
  app.get("/wechat/signing", (c) => c.json(record(world)));
  app.post("/wechat/signing", async (c) => {
    Object.assign(signing.policy, await input(c, Policy));
    return c.json(record(world));
  });
  app.post("/wechat/certificates/rotate", async (c) => {
    const { newestShare } = await input(c, Rotation);
    const { publicKeyShare } = signing.policy;
    if (publicKeyShare > 0 && publicKeyShare < 100) {
      throw new ControlError(409, "certificates don't rotate while callbacks move to the public key");
    }
    signing.addCertificate(await newPrivateKey());
    signing.policy.newestShare = newestShare;
    return c.json(record(world));
  });
  app.post("/wechat/certificates/retire", (c) => {
    signing.dropOldCertificates();
    return c.json(record(world));
  });
  return app;
}

function record(world: World) {
  const { policy, certificates, publicKeySigner } = world.wechat.signing;
  return {
    publicKeyId: publicKeySigner.serial,
    certificates: certificates.map(({ serial, effectiveAt, expiresAt }) => ({
      serial,
      effectiveAt: rfc3339(effectiveAt),
      expiresAt: rfc3339(expiresAt),
    })),
    ...policy,
  };
}
