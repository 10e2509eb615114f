import type { ReactNode } from 'react';
import { TableHead } from './table-head';

export interface TableRow {
  readonly key: string;
  /** one for each column; the first one names the row */
  readonly cells: readonly ReactNode[];
}

interface Props {
  /** said aloud before the table */
  readonly label: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

/** A table whose roles are said aloud: on phones the style takes it apart. */
export function Table({ label, columns, rows }: Props) {
  return (
    <table className="table" role="table" aria-label={label}>
      <TableHead columns={columns} />
      <tbody role="rowgroup">
        {rows.map(({ key, cells: [head, ...rest] }) => (
          <tr key={key} role="row">
            <th role="rowheader" scope="row" data-title={columns[0]}>
              {head}
            </th>
            {rest.map((cell, at) => (
              <td key={columns[at + 1]} role="cell" data-title={columns[at + 1]}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
