// How many columns and rows the tiles get, so that pictures are as large as they can be. Pure.

export interface Pane {
  width: number;
  height: number;
}
/** `side`: one large tile left, the others in columns at its right. `grid`: rows and columns; a large
 *  tile takes two by two. `side_width` is one side column's width, px. */
export interface Layout {
  kind: 'grid' | 'side';
  columns: number;
  rows: number;
  side_width: number;
}

const ASPECT = 16 / 9;
// A small picture counts twice: the large one is read first, but every camera must be readable
// (guess, revisit on a real wall).
const SMALL_WEIGHT = 2;

/** Area of the 16:9 picture that fits a cell whose caption takes `caption` px. */
function pictureArea(width: number, height: number, caption: number): number {
  const h = Math.max(0, height - caption);
  const w = Math.min(width, h * ASPECT);
  return (w * w) / ASPECT;
}

interface Choice {
  layout: Layout;
  worth: number;
}
const better = (a: Choice, b: Choice): Choice => (b.worth > a.worth ? b : a);
const NOTHING: Choice = { layout: { kind: 'grid', columns: 1, rows: 1, side_width: 0 }, worth: -1 };

function grid(tiles: number, hasLarge: boolean, pane: Pane, caption: number): Choice {
  const cells = hasLarge ? tiles + 3 : tiles;
  const least = hasLarge ? 2 : 1;
  let best = NOTHING;
  for (let columns = least; columns <= Math.max(cells, least); columns++) {
    const rows = Math.max(least, Math.ceil(cells / columns));
    const [w, h] = [pane.width / columns, pane.height / rows];
    const small = pictureArea(w, h, caption);
    const large = hasLarge ? pictureArea(2 * w, 2 * h, caption) : 0;
    const worth = large + SMALL_WEIGHT * (hasLarge ? tiles - 1 : tiles) * small;
    best = better(best, { layout: { kind: 'grid', columns, rows, side_width: 0 }, worth });
  }
  return best;
}

function side(others: number, pane: Pane, caption: number): Choice {
  let best = NOTHING;
  for (let columns = 1; columns <= 2; columns++) {
    const rows = Math.ceil(others / columns);
    const fit = Math.max(0, pane.height / rows - caption) * ASPECT;
    // The large tile keeps at least 60 % of the width.
    const side_width = Math.floor(Math.min(fit, (pane.width * 0.4) / columns));
    const large = pictureArea(pane.width - columns * side_width, pane.height, caption);
    const small = pictureArea(side_width, pane.height / rows, caption);
    const layout: Layout = { kind: 'side', columns, rows, side_width };
    best = better(best, { layout, worth: large + SMALL_WEIGHT * others * small });
  }
  return best;
}

/** Whether rows and columns of equal tiles would leave a hole. */
export function hasHoles(tiles: number, pane: Pane, caption: number): boolean {
  const { columns, rows } = layout(tiles, false, pane, caption);
  return columns * rows > tiles;
}

export function layout(tiles: number, hasLarge: boolean, pane: Pane, caption: number): Layout {
  if (!hasLarge || tiles < 2) return grid(Math.max(1, tiles), false, pane, caption).layout;
  return better(grid(tiles, true, pane, caption), side(tiles - 1, pane, caption)).layout;
}
