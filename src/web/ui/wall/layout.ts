// How many columns and rows the tiles get, so that pictures are as large as they can be. Pure.

export interface Pane { width: number; height: number }
/** `side`: one large tile left, the others in columns at its right. `grid`: rows and columns; a large
 *  tile takes two by two. `side_width` is one side column's width, px. */
export interface Layout { kind: 'grid' | 'side'; columns: number; rows: number; side_width: number }

const ASPECT = 16 / 9;
// More than eight small tiles beside a large one are too small to read; then the grid is better.
const SIDE_MOST = 8;

/** Area of the 16:9 picture that fits a cell whose caption takes `caption` px. */
function pictureArea(width: number, height: number, caption: number): number {
  const h = Math.max(0, height - caption);
  const w = Math.min(width, h * ASPECT);
  return (w * w) / ASPECT;
}

function grid(cells: number, pane: Pane, caption: number, least: number): Layout {
  let best: Layout = { kind: 'grid', columns: 1, rows: 1, side_width: 0 };
  let bestArea = -1;
  for (let columns = least; columns <= Math.max(cells, least); columns++) {
    const rows = Math.max(least, Math.ceil(cells / columns));
    const area = pictureArea(pane.width / columns, pane.height / rows, caption);
    if (area > bestArea) {
      bestArea = area;
      best = { kind: 'grid', columns, rows, side_width: 0 };
    }
  }
  return best;
}

function side(others: number, pane: Pane, caption: number): Layout {
  let best: Layout = { kind: 'side', columns: 1, rows: others, side_width: pane.width / 4 };
  let bestArea = -1;
  for (let columns = 1; columns <= 2; columns++) {
    const rows = Math.ceil(others / columns);
    const fit = Math.max(0, pane.height / rows - caption) * ASPECT;
    // The large tile keeps at least 60 % of the width.
    const side_width = Math.min(fit, (pane.width * 0.4) / columns);
    const area =
      pictureArea(pane.width - columns * side_width, pane.height, caption) +
      others * pictureArea(side_width, pane.height / rows, caption);
    if (area > bestArea) {
      bestArea = area;
      best = { kind: 'side', columns, rows, side_width: Math.floor(side_width) };
    }
  }
  return best;
}

export function layout(tiles: number, hasLarge: boolean, pane: Pane, caption: number): Layout {
  if (!hasLarge || tiles < 2) return grid(Math.max(1, tiles), pane, caption, 1);
  if (tiles - 1 <= SIDE_MOST) return side(tiles - 1, pane, caption);
  return grid(tiles + 3, pane, caption, 2);
}
