/**
 * Makes one query of the look-ups that are asked for in the same turn of the event loop. Each of them still reads what
 * the database holds after it was asked for: nothing is remembered, and nobody joins a query that is under way.
 */
export function gather<K, V>(
  findAll: (keys: readonly K[]) => Promise<(key: K) => V | undefined>,
): (key: K) => Promise<V | undefined> {
  let next: { keys: Set<K>; found: Promise<(key: K) => V | undefined> } | undefined;

  function begin() {
    const keys = new Set<K>();
    const found = new Promise(setImmediate).then(() => {
      next = undefined;
      return findAll([...keys]);
    });
    return { keys, found };
  }

  return async (key) => {
    next ??= begin();
    next.keys.add(key);
    return (await next.found)(key);
  };
}
