import { useCallback } from 'react';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { Table } from '../../ui/table';
import { readMatrix } from './api';

/** Who may see and do what, as the running rules answer now. */
export default function Matrix() {
  const [loaded, retry] = useLoad(useCallback(readMatrix, []));
  return (
    <>
      <ScreenHeading>だれが何を見られるか</ScreenHeading>
      <p>
        動いている規則そのものに尋ねて作った表です。ます目は「根拠の印+見られる情報の区分」です。法律の当てはめには、要確認の点があります。
      </p>
      <Show loaded={loaded} retry={retry}>
        {({ legend, sections }) => (
          <>
            <details className="section" open>
              <summary className="section-title">印と区分</summary>
              <dl className="pairs">
                {legend.map(({ sign, text }) => (
                  <div key={sign}>
                    <dt>{sign}</dt>
                    <dd>{text}</dd>
                  </div>
                ))}
              </dl>
            </details>
            {sections.map(({ title, columns, rows }) => (
              <details key={title} className="section">
                <summary className="section-title">{title}</summary>
                <Table
                  label={title}
                  columns={columns}
                  rows={rows.map(({ label, cells }) => ({ key: label, cells: [label, ...cells] }))}
                />
              </details>
            ))}
          </>
        )}
      </Show>
    </>
  );
}
