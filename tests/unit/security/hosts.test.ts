/** Hosts that are not on the internet, in every spelling. */
import { expect, it } from "vitest";
import { browserAddress } from "../../../src/api/schemas/addresses.ts";
import { isLoopback, isPublicHost } from "../../../src/security/hosts.ts";

const hostOf = (address: string) => new URL(address).hostname;

it.each([
  "https://10.0.0.1/",
  "https://172.16.0.1/",
  "https://172.31.255.255/",
  "https://192.168.1.1/",
  "https://100.100.100.200/",
  "https://169.254.169.254/latest/meta-data",
  "https://0.0.0.0/",
  "https://224.0.0.1/",
  "https://255.255.255.255/",
  "https://2852039166/",
  "https://0xa9fea9fe/",
  "https://0251.0376.0251.0376/",
  "https://169.254.43518/",
  "https://169。254。169。254/",
  "https://１６９.254.169.254/",
  "https://169.254.169.254./",
  "https://[::]/",
  "https://[::ffff:169.254.169.254]/",
  "https://[::ffff:a9fe:a9fe]/",
  "https://[64:ff9b::a9fe:a9fe]/",
  "https://[2002:a9fe:a9fe::1]/",
  "https://[2001:0:4136:e378::]/",
  "https://[2001:db8::1]/",
  "https://[fe80::1]/",
  "https://[fd00:ec2::254]/",
  "https://[ff02::1]/",
  "https://metadata.google.internal/",
  "https://printer.local/",
  "https://database/",
  "https://db.lan./",
])("%s is nowhere on the internet", (address) => {
  expect(isPublicHost(hostOf(address))).toBe(false);
  expect(browserAddress(400).safeParse(address).success).toBe(false);
});

it.each([
  "https://shop.example/",
  "https://8.8.8.8/",
  "https://172.32.0.1/",
  "https://100.128.0.1/",
  "https://11.0.0.1/",
  "https://[2606:4700::1111]/",
  "https://[2001:4860:4860::8888]/",
  "https://商城.example/",
  "https://internal.shop.example/",
])("%s is", (address) => {
  expect(isPublicHost(hostOf(address))).toBe(true);
  expect(browserAddress(400).safeParse(address).success).toBe(true);
});

it.each([
  "http://localhost/",
  "http://localhost./",
  "http://shop.localhost/",
  "http://2130706433/",
  "http://0x7f.1/",
  "http://[::1]/",
])("%s is this machine", (address) => {
  expect(isLoopback(hostOf(address))).toBe(true);
});

it.each(["http://localhost.shop.example/", "http://127.0.0.1.shop.example/", "http://[::2]/", "http://128.0.0.1/"])(
  "%s is not",
  (address) => {
    expect(isLoopback(hostOf(address))).toBe(false);
  },
);

it.each([
  "https://shop.example@evil.example/",
  "https://@evil.example/",
  "https://user:password@shop.example/",
  "https://shop.example\\@evil.example/",
  "https:\\\\evil.example/",
  "https://shop.example/\\..\\evil",
  "https:/evil.example/",
  "https:evil.example",
  "//evil.example/",
  " https://shop.example/",
  "https://shop.example\t/",
  "https://shop.exam\nple/",
  "https://shop.example\u0000.evil.example/",
  "https://shop%2eexample/",
  "https://shop.example%00.evil.example/",
  "javascript:alert(1)",
  "data:text/html,hello",
  "ftp://shop.example/",
  "http://shop.example/",
])("%j is no address to send a browser to", (address) => {
  expect(browserAddress(400).safeParse(address).success).toBe(false);
});
