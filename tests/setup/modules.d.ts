/** Modules that workerd and Vite provide, as far as tests use them. */

declare module "cloudflare:workers" {
  /** The bindings of wrangler.toml. */
  export const env: object;
}

declare module "*.toml?raw" {
  const text: string;
  export default text;
}
