import { useCallback, useState } from 'react';
import { OnePaper } from '../../papers/one-paper';
import { managePath } from '../../router';
import type { Me, Staff } from '../../types';
import { Button } from '../../ui/button';
import { SelectField, TickField } from '../../ui/entry';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { Table } from '../../ui/table';
import { ChangePerson } from './change-person';
import { Invite } from './invite';
import { RecoveryCodes } from './recovery-codes';
import { Reissue } from './reissue';
import { agencyOptions, isOver, loadRegisters, periodOf, type Registers } from './staff-data';

type Doing = { readonly what: 'invite' } | { readonly what: 'change' | 'reissue'; who: Staff };

const COLUMNS = ['氏名', '利用者ID', '役割', '機関', '期間', '変更', '認証', 'ご案内'];

export default function StaffScreen({ me }: { readonly me: Me }) {
  const load = useCallback(loadRegisters, []);
  const [loaded, reload] = useLoad(load);
  const [doing, setDoing] = useState<Doing | null>(null);
  const [news, setNews] = useState<string | null>(null);
  const done = (what: string | null) => {
    setDoing(null);
    setNews(what);
    reload();
  };
  return (
    <>
      <div className="screen-head">
        <ScreenHeading>職員</ScreenHeading>
        <Button look="solid" onClick={() => setDoing({ what: 'invite' })}>
          職員を招待する
        </Button>
      </div>
      {news !== null && <Notice kind="success" title={news} />}
      <p>
        大勢が一度に異動するときは<a href={managePath('april')}>年度替わりの異動</a>
        、まだ使う人かどうかを確かめるときは<a href={managePath('stocktaking')}>利用者の棚卸し</a>
        を使います。
      </p>
      <Show loaded={loaded} retry={reload}>
        {(registers) => (
          <>
            <People me={me} registers={registers} onDo={setDoing} />
            {doing?.what === 'invite' && (
              <Invite
                registers={registers}
                onClose={() => setDoing(null)}
                onDone={() => done(null)}
              />
            )}
            {doing?.what === 'change' && (
              <ChangePerson
                staff={doing.who}
                registers={registers}
                onClose={() => setDoing(null)}
                onDone={() => done('登録を変えました')}
              />
            )}
          </>
        )}
      </Show>
      <section className="section" aria-labelledby="recovery">
        <h2 id="recovery" className="section-title">
          自分の回復コード
        </h2>
        <RecoveryCodes me={me} />
      </section>
      {doing?.what === 'reissue' && <Reissue staff={doing.who} onClose={() => setDoing(null)} />}
    </>
  );
}

interface PeopleProps {
  readonly me: Me;
  readonly registers: Registers;
  readonly onDo: (doing: Doing) => void;
}

function People({ me, registers, onDo }: PeopleProps) {
  const [agencyId, setAgencyId] = useState('');
  const [withOver, setWithOver] = useState(false);
  const { staff, agencies } = registers;
  const shown = staff.filter(
    (one) => (agencyId === '' || one.agencyId === agencyId) && (withOver || !isOver(one)),
  );
  return (
    <section className="section" aria-labelledby="staff">
      <h2 id="staff" className="section-title">
        登録のある職員
      </h2>
      <div className="filters">
        <SelectField
          label="機関"
          empty="すべての機関"
          value={agencyId}
          onChange={setAgencyId}
          options={agencyOptions(agencies)}
        />
        <TickField label="期間が終わった人も表示" checked={withOver} onChange={setWithOver} />
      </div>
      <p role="status">{shown.length}人を表示しています。</p>
      {shown.length === 0 ? (
        <p className="empty">あてはまる職員はいません。</p>
      ) : (
        <Table
          label="登録のある職員"
          columns={COLUMNS}
          rows={shown.map((one) => ({
            key: one.staffId,
            cells: [
              one.displayName,
              one.loginId,
              one.roleLabel,
              one.agencyName,
              <>
                {periodOf(one)}
                {isOver(one) && <strong>（終わり）</strong>}
              </>,
              <Button
                key="change"
                aria-label={`${one.displayName}の登録を変更する`}
                onClick={() => onDo({ what: 'change', who: one })}
              >
                変更
              </Button>,
              one.staffId === me.staffId ? (
                '自分'
              ) : (
                <Button
                  key="reissue"
                  aria-label={`${one.displayName}の認証を再発行する`}
                  onClick={() => onDo({ what: 'reissue', who: one })}
                >
                  再発行
                </Button>
              ),
              <OnePaper
                key="sign-up"
                paper="sign-up"
                query={{ staff: one.staffId }}
                label="印刷（PDF）"
                spoken={`${one.displayName}への利用者登録のご案内`}
              />,
            ],
          }))}
        />
      )}
    </section>
  );
}
