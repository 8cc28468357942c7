/**
 * Loads a value on first use and keeps it. Only the finished value is kept, never the promise: on Workers a promise
 * made in one request may never settle in another, and a failure must not stick.
 */
export function lazy<T>(load: () => Promise<T>): () => Promise<T> {
  let kept: { readonly value: T } | undefined;
  return async () => {
    kept ??= { value: await load() };
    return kept.value;
  };
}
