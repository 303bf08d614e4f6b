// Which tiles the wall shows: the address says how many, of which cameras, and how often they turn.
// A kiosk's address is its saved layout. Pure.

export interface Show {
  /** Cameras by id, in this order; none: all, in the order of the configuration. */
  cameras: string[];
  tiles: number;
  every_ms: number;
}

/** More pictures than this cannot be read from four metres (guess, revisit on a real wall). */
const TILES = 16;
/** Long enough to look at each tile of a page (guess, revisit). */
const EVERY_S = 20;

/** From `?cameras=a,b&tiles=9&every=30`; what makes no sense is as if it was not said. */
export function showOf(query: URLSearchParams): Show {
  const number = (name: string, least: number, most: number, or: number) => {
    const value = Number(query.get(name));
    return Number.isInteger(value) && value >= least && value <= most ? value : or;
  };
  return {
    cameras: (query.get('cameras') ?? '').split(',').filter((id) => id !== ''),
    tiles: number('tiles', 1, 64, TILES),
    every_ms: 1000 * number('every', 5, 3600, EVERY_S),
  };
}

/** The cameras of this turn. `pinned` (the newest alarm) is always there; the others take turns, a
 * page at a time, so that each is seen. */
export function turn(order: readonly string[], show: Show, pinned: string | null, n: number): string[] {
  const wished = show.cameras.filter((id) => order.includes(id));
  const all = wished.length > 0 ? wished : [...order];
  if (pinned && !all.includes(pinned)) all.unshift(pinned);
  if (all.length <= show.tiles) return all;
  const others = all.filter((id) => id !== pinned);
  const places = Math.max(1, show.tiles - (pinned ? 1 : 0));
  const pages = Math.ceil(others.length / places);
  // The last page is filled up from its end, so that no tile changes its size.
  const from = Math.min((n % pages) * places, others.length - places);
  const page = others.slice(from, from + places);
  return pinned ? [pinned, ...page].slice(0, show.tiles) : page;
}
