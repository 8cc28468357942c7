/** A key inside WebCrypto. Named here because only some runtimes' type declarations have it as a global. */
export type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
