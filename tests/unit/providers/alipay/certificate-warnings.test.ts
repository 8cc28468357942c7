import { expect, test } from "vitest";
import { certificateWarnings } from "../../../../src/providers/alipay/certificate-warnings.ts";
import { authorities, certificateFiles, issue, named, SERIALS, snOf } from "../support/alipay-certificates.ts";
import { NOW } from "../support/calls.ts";
import { testKeys } from "../support/keys.ts";

const DAY = 24 * 60 * 60 * 1000;
/** 30 days after NOW, to the second. */
const END = "261222020000Z";

test("a certificate is warned about from thirty days before its end", async () => {
  const certificates = await certificateFiles({ notAfter: END });
  expect(certificateWarnings({ certificates }, NOW)).toEqual([]);
  const sn = snOf(named("Class 2 R1"), SERIALS.alipay);
  const expiresAt = new Date(NOW + 30 * DAY);
  const warning = { variable: "ALIPAY_PUBLIC_CERT", sn, expiresAt };
  expect(certificateWarnings({ certificates }, NOW + 1)).toEqual([{ ...warning, daysLeft: 29 }]);
  expect(certificateWarnings({ certificates }, NOW + 31 * DAY)).toEqual([{ ...warning, daysLeft: -1 }]);
});

test("one of Alipay's that has a successor is not; the application's is", async () => {
  const { merchant, platform } = await testKeys();
  const { class1, class2 } = await authorities();
  const files = await certificateFiles({ notAfter: END });
  const next = await issue({ subject: named("Alipay"), key: platform, issuer: class2, serial: SERIALS.next });
  const certificates = { ...files, alipay: files.alipay + next };
  expect(certificateWarnings({ certificates }, NOW + DAY)).toEqual([]);
  const app = await issue({ subject: named("app"), key: merchant, issuer: class1, notAfter: END });
  expect(certificateWarnings({ certificates: { ...certificates, app } }, NOW + DAY)).toMatchObject([
    { variable: "ALIPAY_APP_CERT", daysLeft: 29 },
  ]);
});

test("there is nothing to warn about in public-key mode", () => {
  expect(certificateWarnings({}, NOW)).toEqual([]);
});
