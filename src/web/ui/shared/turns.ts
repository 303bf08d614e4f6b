// Readings in turn. Answers of two readings that overlap may come in either order, and the older
// one would then stay on the screen: nothing would ever read again what it took back.

/** One reading at a time; who asks while it runs gets one more after it. */
export function inTurn(read: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const begin = (): Promise<void> => {
    running = read().finally(() => (running = null));
    return running;
  };
  return () => {
    if (!running) return begin();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null;
        return begin();
      });
    return next;
  };
}

interface Versioned {
  id: string;
  version: number;
}

/** A list that was read, with what was told while it was read: the higher version holds, and what
 * was told to be over (`gone`) is not in it. */
export function withNews<T extends Versioned>(
  list: readonly T[],
  told: ReadonlyMap<string, T>,
  gone: (one: T) => boolean,
): T[] {
  const seen = new Set(list.map((one) => one.id));
  const newer = (one: T): T => {
    const news = told.get(one.id);
    return news && news.version >= one.version ? news : one;
  };
  const more = [...told.values()].filter((one) => !seen.has(one.id));
  return [...list.map(newer), ...more].filter((one) => !gone(one));
}
