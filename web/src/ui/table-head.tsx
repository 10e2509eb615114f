/** The head of a table. Its roles are said aloud: on phones the style takes the table apart. */
export const TableHead = ({ columns }: { columns: readonly string[] }) => (
  <thead role="rowgroup">
    <tr role="row">
      {columns.map((title) => (
        <th key={title} role="columnheader" scope="col">
          {title}
        </th>
      ))}
    </tr>
  </thead>
);
