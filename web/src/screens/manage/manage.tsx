import { useCallback, useState } from 'react';
import { listStaff } from '../../api';
import type { Me, Staff } from '../../types';
import { Button } from '../../ui/button';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { formatMoment } from '../../wareki';
import { RecoveryCodes } from './recovery-codes';
import { Reissue } from './reissue';
import { TableHead } from '../../ui/table-head';

const COLUMNS = ['氏名', '利用者ID', '役割', '機関', '期間', '認証'];

export default function Manage({ me }: { readonly me: Me }) {
  const load = useCallback(listStaff, []);
  const [loaded, retry] = useLoad(load);
  const [chosen, setChosen] = useState<Staff | null>(null);
  return (
    <>
      <ScreenHeading>管理</ScreenHeading>
      <section className="section" aria-labelledby="recovery">
        <h2 id="recovery" className="section-title">
          自分の回復コード
        </h2>
        <RecoveryCodes me={me} />
      </section>
      <section className="section" aria-labelledby="staff">
        <h2 id="staff" className="section-title">
          職員
        </h2>
        <p>認証アプリやトークンをなくした人には、本人を確かめてから、認証を再発行します。</p>
        <Show loaded={loaded} retry={retry}>
          {({ items }) => (
            <table className="table" role="table">
              <TableHead columns={COLUMNS} />
              <tbody role="rowgroup">
                {items.map((staff) => (
                  <tr key={staff.staffId} role="row">
                    <th role="rowheader" scope="row" data-title="氏名">
                      {staff.displayName}
                    </th>
                    <td role="cell" data-title="利用者ID">
                      {staff.loginId}
                    </td>
                    <td role="cell" data-title="役割">
                      {staff.roleLabel}
                    </td>
                    <td role="cell" data-title="機関">
                      {staff.agencyName}
                    </td>
                    <td role="cell" data-title="期間">
                      {period(staff)}
                    </td>
                    <td role="cell" data-title="認証">
                      {staff.staffId === me.staffId ? (
                        '自分'
                      ) : (
                        <Button
                          aria-label={`${staff.displayName}の認証を再発行する`}
                          onClick={() => setChosen(staff)}
                        >
                          再発行
                        </Button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Show>
      </section>
      {chosen !== null && <Reissue staff={chosen} onClose={() => setChosen(null)} />}
    </>
  );
}

function period({ validFrom, validTo }: Staff): string {
  if (!validFrom && !validTo) return '期限なし';
  return `${validFrom ? formatMoment(validFrom) : ''}〜${validTo ? formatMoment(validTo) : ''}`;
}
