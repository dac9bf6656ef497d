/** How wide columns are: `minWidth` counts the padding. */
export interface ColumnStyle {
  readonly minWidth: number;
  readonly padding: number;
}

/** As kubectl prints tables. */
export const TABLE_STYLE: ColumnStyle = { minWidth: 6, padding: 3 };
/** As kubectl prints descriptions. */
export const DESCRIPTION_STYLE: ColumnStyle = { minWidth: 0, padding: 2 };

/**
 * Aligns rows by elastic tab stops: a cell is as wide as the widest cell of its column among the neighbouring rows that also go
 * on past that column. The last cell of a row takes no part, and rows without a second cell separate blocks.
 */
export function alignColumns(rows: readonly (readonly string[])[], style: ColumnStyle): string[] {
  const lines = rows.map(() => '');
  alignBlock(rows, lines, 0, rows.length, 0, style);
  return lines;
}

/** Rows `from` to `to` share all columns before `column`. */
function alignBlock(
  rows: readonly (readonly string[])[],
  lines: string[],
  from: number,
  to: number,
  column: number,
  style: ColumnStyle,
): void {
  for (let row = from; row < to; ) {
    const cells = rows[row]!;
    if (cells.length <= column + 1) {
      lines[row] += cells[column] ?? '';
      row++;
      continue;
    }
    let end = row;
    let width = style.minWidth;
    for (; end < to && rows[end]!.length > column + 1; end++) {
      width = Math.max(width, displayWidth(rows[end]![column]!) + style.padding);
    }
    for (let each = row; each < end; each++) {
      const cell = rows[each]![column]!;
      lines[each] += cell + ' '.repeat(width - displayWidth(cell));
    }
    alignBlock(rows, lines, row, end, column + 1, style);
    row = end;
  }
}

const displayWidth = (text: string): number => [...text].length;

/** Aligns rows that arrive over time: a column never gets narrower, so that later rows stay in line with earlier ones. */
export class GrowingColumns {
  readonly #style: ColumnStyle;
  readonly #widths: number[] = [];

  constructor(style: ColumnStyle) {
    this.#style = style;
  }

  align(rows: readonly (readonly string[])[]): string[] {
    for (const row of rows) {
      row.forEach((cell, column) => {
        const width = Math.max(this.#style.minWidth, displayWidth(cell) + this.#style.padding);
        this.#widths[column] = Math.max(this.#widths[column] ?? 0, width);
      });
    }
    return rows.map((row) =>
      row.map((cell, column) => (column === row.length - 1 ? cell : this.#pad(cell, column))).join(''),
    );
  }

  #pad(cell: string, column: number): string {
    return cell + ' '.repeat(this.#widths[column]! - displayWidth(cell));
  }
}
