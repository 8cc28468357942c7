import type { PaymentProvider } from "../../../src/providers/provider.ts";

/** A provider of which some calls take another course. */
export function overriding(real: PaymentProvider, changed: Partial<PaymentProvider>): PaymentProvider {
  return new Proxy(real, {
    get: (target, name) => {
      if (Object.hasOwn(changed, name)) return Reflect.get(changed, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
