/** The provider factory: which providers are configured, by name. */
import { METHOD_NAMES, METHODS, type PaymentMethod, type ProviderName } from "./methods.ts";
import type { PaymentProvider } from "./provider.ts";

export class ProviderRegistry {
  private readonly byName: ReadonlyMap<ProviderName, PaymentProvider>;

  constructor(providers: readonly PaymentProvider[]) {
    this.byName = new Map(providers.map((provider) => [provider.name, provider]));
  }

  /** Every configured provider. */
  all(): readonly PaymentProvider[] {
    return [...this.byName.values()];
  }

  /** The provider of that name, or undefined when it is not configured. */
  find(name: ProviderName): PaymentProvider | undefined {
    return this.byName.get(name);
  }

  /** The provider of that name. Throws when it is not configured: an attempt of it can't be served then. */
  get(name: ProviderName): PaymentProvider {
    const provider = this.byName.get(name);
    if (!provider) throw new Error(`the payment provider ${name} is not configured`);
    return provider;
  }

  /** The methods that can be offered to a buyer. */
  methods(): readonly PaymentMethod[] {
    return METHOD_NAMES.filter((method) => this.find(METHODS[method].provider)?.methods.includes(method));
  }
}
