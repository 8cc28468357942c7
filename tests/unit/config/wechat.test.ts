import { beforeAll, describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../../../src/config.ts";
import { FIELD_ENCRYPTION_KEYS } from "../../support/field-keys.ts";
import { armour, base64, makeKeyPair, type TestKeyPair } from "../providers/support/keys.ts";
import { makeCertificate } from "../providers/support/wechat.ts";

const NOTIFY = "https://shop.test/api/v1/payments/wechat";
const PKCS8_WRAPPING = 26;
const SPKI_WRAPPING = 24;
/** 05 DE… in the certificate; the leading zero belongs to the serial number. */
const SERIAL = "05DE6A1B55877E3CF6C33255C2E7DEFFF7E427ED";

let own: TestKeyPair;
let theirs: TestKeyPair;
let certificate: string;
let base: Record<string, string>;
beforeAll(async () => {
  [own, theirs] = await Promise.all([makeKeyPair(), makeKeyPair()]);
  certificate = makeCertificate(
    Uint8Array.from(SERIAL.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
    own,
    "350101000000Z",
  );
  base = {
    DATABASE_URL: "https://user:password@db.test",
    JWT_SECRET: "s".repeat(32),
    FIELD_ENCRYPTION_KEYS,
    WECHAT_APP_ID: "wx0000000000000000",
    WECHAT_MCH_ID: "1900000000",
    WECHAT_API_V3_KEY: "k".repeat(32),
    WECHAT_API_CLIENT_KEY: own.privatePem,
    WECHAT_API_CLIENT_CERT: certificate,
    WECHAT_NOTIFY_URL: `${NOTIFY}/notify`,
    WECHAT_REFUND_NOTIFY_URL: `${NOTIFY}/refund/notify`,
  };
});

const wechatOf = (changes: Record<string, string> = {}) => readConfig({ ...base, ...changes }).wechat;

function problemsOf(changes: Record<string, string>): readonly string[] {
  try {
    readConfig({ ...base, ...changes });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("the merchant's key, certificate and serial number", () => {
  it("need no serial number beside the certificate, which keeps its leading zero", () => {
    expect(wechatOf()?.serialNo).toBe(SERIAL);
  });

  it("agree whatever the serial number's case", () => {
    expect(wechatOf({ WECHAT_API_SERIAL_NO: SERIAL.toLowerCase() })?.serialNo).toBe(SERIAL);
    expect(wechatOf({ WECHAT_API_SERIAL_NO: SERIAL.toLowerCase(), WECHAT_API_CLIENT_CERT: "" })?.serialNo).toBe(SERIAL);
  });

  it("are all right in every form that people paste them in", () => {
    const key = { pkcs1: base64(own.pkcs8.slice(PKCS8_WRAPPING)), line: own.privatePem.replaceAll("\n", "\\n") };
    for (const WECHAT_API_CLIENT_KEY of [own.privatePem, key.line, base64(own.pkcs8), key.pkcs1]) {
      expect(problemsOf({ WECHAT_API_CLIENT_KEY })).toEqual([]);
    }
    const bare = certificate.replaceAll(/-----.*-----|\n/g, "");
    expect(wechatOf({ WECHAT_API_CLIENT_CERT: bare })?.serialNo).toBe(SERIAL);
  });

  it.each([
    ["another serial number", "5DE6A1B55877E3CF6C33255C2E7DEFFF7E427ED"],
    ["its leading zero lost", SERIAL.slice(1)],
  ])("do not agree with %s", (_, WECHAT_API_SERIAL_NO) => {
    const problem = "WECHAT_API_SERIAL_NO: is not the serial number of WECHAT_API_CLIENT_CERT";
    expect(problemsOf({ WECHAT_API_SERIAL_NO })).toEqual([problem]);
  });

  it("do not agree with somebody else's key", () => {
    const problem = "WECHAT_API_CLIENT_KEY: is not the private key of WECHAT_API_CLIENT_CERT";
    expect(problemsOf({ WECHAT_API_CLIENT_KEY: theirs.privatePem })).toEqual([problem]);
    expect(problemsOf({ WECHAT_API_CLIENT_KEY: theirs.privatePem, WECHAT_API_SERIAL_NO: "AB" })).toHaveLength(2);
  });

  it("are not blamed for each other when one of them can't be read", () => {
    expect(problemsOf({ WECHAT_API_CLIENT_CERT: own.publicPem })).toEqual([
      "WECHAT_API_CLIENT_CERT: is not an X.509 certificate",
    ]);
    expect(problemsOf({ WECHAT_API_CLIENT_KEY: "AAAA" })).toEqual(["WECHAT_API_CLIENT_KEY: is not an RSA private key"]);
  });

  it("need a serial number with all of its digits where there is no certificate", () => {
    for (const WECHAT_API_SERIAL_NO of ["AB12", SERIAL.slice(1)]) {
      expect(problemsOf({ WECHAT_API_SERIAL_NO, WECHAT_API_CLIENT_CERT: "" })).toEqual([
        "WECHAT_API_SERIAL_NO: must have 40 digits, with the zeros that it may begin with",
      ]);
    }
  });

  it("can't be told by a decimal serial number", () => {
    const WECHAT_API_SERIAL_NO = BigInt(`0x5${SERIAL}`).toString();
    expect(problemsOf({ WECHAT_API_SERIAL_NO, WECHAT_API_CLIENT_CERT: "" })).toEqual([
      "WECHAT_API_SERIAL_NO: must be hexadecimal, as the merchant platform shows it",
    ]);
  });
});

describe("WeChat Pay's public key", () => {
  const WECHAT_PUBLIC_KEY_ID = "PUB_KEY_ID_1";

  it("comes with its id", () => {
    const publicKey = { id: WECHAT_PUBLIC_KEY_ID, pem: theirs.publicPem.trim() };
    const given = { WECHAT_PUBLIC_KEY_ID: ` ${WECHAT_PUBLIC_KEY_ID}\n`, WECHAT_PUBLIC_KEY: theirs.publicPem };
    expect(wechatOf(given)).toMatchObject({ publicKey });
  });

  it("may come as PKCS#1, and is compared with the merchant's own all the same", () => {
    const pkcs1 = (pair: TestKeyPair) => armour("RSA PUBLIC KEY", pair.spki.slice(SPKI_WRAPPING));
    expect(problemsOf({ WECHAT_PUBLIC_KEY_ID, WECHAT_PUBLIC_KEY: pkcs1(theirs) })).toEqual([]);
    expect(problemsOf({ WECHAT_PUBLIC_KEY_ID, WECHAT_PUBLIC_KEY: pkcs1(own) })).toEqual([
      "WECHAT_PUBLIC_KEY: is the merchant's own public key, not WeChat Pay's",
    ]);
  });

  it.each(["PUB_KEY_ID_", "0112345678901234567890", "PUB_KEY_ID_1 2"])("is not named %j", (id) => {
    expect(problemsOf({ WECHAT_PUBLIC_KEY_ID: id, WECHAT_PUBLIC_KEY: theirs.publicPem })).toEqual([
      "WECHAT_PUBLIC_KEY_ID: must begin with PUB_KEY_ID_, with letters and digits behind it",
    ]);
  });

  it("is not the merchant's own, and no certificate or private key", () => {
    const problem = (WECHAT_PUBLIC_KEY: string) => problemsOf({ WECHAT_PUBLIC_KEY_ID, WECHAT_PUBLIC_KEY });
    expect(problem(own.publicPem)).toEqual(["WECHAT_PUBLIC_KEY: is the merchant's own public key, not WeChat Pay's"]);
    expect(problem(certificate)).toEqual(["WECHAT_PUBLIC_KEY: is a certificate, not a public key"]);
    expect(problem(theirs.privatePem)).toEqual(["WECHAT_PUBLIC_KEY: is a private key, not a public one"]);
  });
});

it("takes values with spaces and line feeds around them", () => {
  const { WECHAT_MCH_ID, WECHAT_APP_ID, WECHAT_API_V3_KEY, WECHAT_NOTIFY_URL } = base;
  const given = { WECHAT_MCH_ID, WECHAT_APP_ID, WECHAT_API_V3_KEY, WECHAT_NOTIFY_URL, WECHAT_KEY: "2".repeat(32) };
  const pasted = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, ` ${value}\r\n`]));
  expect(wechatOf(pasted)).toEqual(wechatOf({ WECHAT_KEY: given.WECHAT_KEY }));
});

it("finds a key that is too short at the start, whatever it is for", async () => {
  const short = await makeKeyPair(1024);
  const given = {
    WECHAT_API_CLIENT_CERT: "",
    WECHAT_API_SERIAL_NO: SERIAL,
    WECHAT_API_CLIENT_KEY: short.privatePem,
    WECHAT_PUBLIC_KEY_ID: "PUB_KEY_ID_1",
  };
  const problem = "has 1024 bits, at least 2048 are needed";
  expect(problemsOf({ ...given, WECHAT_PUBLIC_KEY: (await makeKeyPair(1024)).publicPem })).toEqual([
    `WECHAT_API_CLIENT_KEY: ${problem}`,
    `WECHAT_PUBLIC_KEY: ${problem}`,
  ]);
});

describe("applications, the V2 key and addresses", () => {
  it("are passed on", () => {
    const given = {
      WECHAT_MINI_APP_ID: "wx-mini",
      WECHAT_MOBILE_APP_ID: "wx-mobile",
      WECHAT_KEY: "2".repeat(32),
      WECHAT_API_BASE_URL: "http://127.0.0.1:8790",
      WECHAT_API_BACKUP_URL: "http://127.0.0.1:8791",
      PROVIDER_PROXY_URL: "https://proxy.test/wechat",
    };
    expect(wechatOf(given)).toMatchObject({
      miniAppId: "wx-mini",
      mobileAppId: "wx-mobile",
      v2Key: "2".repeat(32),
      baseUrl: "http://127.0.0.1:8790",
      backupUrl: "http://127.0.0.1:8791",
      proxyUrl: "https://proxy.test/wechat",
    });
  });

  it("are WeChat Pay's own pair when none is given", () => {
    const pair = { baseUrl: "https://api.mch.weixin.qq.com", backupUrl: "https://api2.mch.weixin.qq.com" };
    expect(wechatOf()).toMatchObject(pair);
    expect(wechatOf({ WECHAT_API_BASE_URL: "https://api.mch.weixin.qq.com/" })?.backupUrl).toBe(pair.backupUrl);
    expect(wechatOf()).not.toHaveProperty("proxyUrl");
  });

  it("have no backup where the first is another one", () => {
    expect(wechatOf({ WECHAT_API_BASE_URL: "http://127.0.0.1:8790" })).not.toHaveProperty("backupUrl");
  });

  it.each([
    ["WECHAT_KEY", "short", "must be 32 characters long"],
    ["WECHAT_API_BASE_URL", "api.mch.weixin.qq.com", "must be an http or https address"],
    ["WECHAT_API_BACKUP_URL", "https://api2.mch.weixin.qq.com/?a", "must have no query string and no fragment"],
    ["PROVIDER_PROXY_URL", "socks5://proxy.test", "must be an http or https address"],
    ["WECHAT_API_BASE_URL", "https://api.mch.weixin.qq.com/v3", "must end before /v3, which every call begins with"],
    ["WECHAT_API_BACKUP_URL", "http://127.0.0.1:8790/V3/", "must end before /v3, which every call begins with"],
    ["PROVIDER_PROXY_URL", "https://proxy.test/wechat/v3", "must end before /v3, which every call begins with"],
    ["WECHAT_API_BASE_URL", "http://api.mch.weixin.qq.com", "must be https, unless it is on this machine"],
    ["WECHAT_API_BACKUP_URL", "http://API2.mch.weixin.qq.com:8080/x", "must be https, unless it is on this machine"],
    ["WECHAT_MCH_ID", "1900 000000", "must be digits"],
    ["WECHAT_MCH_ID", "1".repeat(33), "must be digits"],
  ])("are refused: %s=%s", (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toEqual([`${name}: ${problem}`]);
  });

  it("switch WeChat Pay on by themselves, but for the proxy", () => {
    const { DATABASE_URL, JWT_SECRET } = base;
    const shop = { DATABASE_URL, JWT_SECRET, FIELD_ENCRYPTION_KEYS };
    expect(() => readConfig({ ...shop, WECHAT_API_BACKUP_URL: "https://backup.test" })).toThrow(
      /WECHAT_APP_ID: is missing/,
    );
    expect(readConfig({ ...shop, PROVIDER_PROXY_URL: "https://proxy.test" }).wechat).toBeUndefined();
  });
});

describe("addresses for callbacks", () => {
  it.each([
    ["WECHAT_NOTIFY_URL", 255],
    ["WECHAT_REFUND_NOTIFY_URL", 256],
  ])("%s has at most %d characters", (name, longest) => {
    const longEnough = `${NOTIFY}/`.padEnd(longest, "x");
    expect(problemsOf({ [name]: longEnough })).toEqual([]);
    expect(problemsOf({ [name]: `${longEnough}x` })).toEqual([`${name}: must have at most ${longest} characters`]);
  });

  it.each([
    ["https://shop.test/notify?shop=1", "must have no query string and no fragment"],
    ["https://shop.test/notify?", "must have no query string and no fragment"],
    ["https://shop.test/notify#a", "must have no query string and no fragment"],
    ["http://shop.test/notify", "must be https, unless it is on this machine"],
    ["http://127.0.0.1.shop.test/notify", "must be https, unless it is on this machine"],
    ["shop.test/notify", "must be an http or https address"],
  ])("%s is refused", (url, problem) => {
    expect(problemsOf({ WECHAT_NOTIFY_URL: url })).toEqual([`WECHAT_NOTIFY_URL: ${problem}`]);
    expect(problemsOf({ WECHAT_REFUND_NOTIFY_URL: url })).toEqual([`WECHAT_REFUND_NOTIFY_URL: ${problem}`]);
  });

  it.each(["http://127.0.0.1:8787/n", "http://localhost:8787/n", "http://[::1]:8787/n", "http://shop.localhost/n"])(
    "%s is taken, for development",
    (url) => {
      expect(problemsOf({ WECHAT_NOTIFY_URL: url })).toEqual([]);
    },
  );
});
