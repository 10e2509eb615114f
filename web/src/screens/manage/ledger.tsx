import { useCallback, useState } from 'react';
import { codeLabels } from '../../api';
import { recordPath } from '../../router';
import { Button } from '../../ui/button';
import { csv, download } from '../../ui/download';
import { SelectField } from '../../ui/entry';
import { ScreenHeading } from '../../ui/heading';
import { Failure, useLoad } from '../../ui/load';
import { PagesEnd, usePages } from '../../ui/pages';
import { Table } from '../../ui/table';
import { useSingle } from '../../ui/attempt';
import { formatDate } from '../../wareki';
import { listLedger, type Provision } from './api';

const COLUMNS = ['日', '渡した先', 'だれの', '区分', '根拠', '目的', '方法・決めた人'];
const NOBODY = '世帯全員';

/** To whom what was given, on which basis: read off the records, kept nowhere twice. */
export default function Ledger() {
  const pages = usePages<Provision>(useCallback(listLedger, []));
  const [classes] = useLoad(useCallback(() => codeLabels('data-class'), []));
  const [basis, setBasis] = useState('');
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const labels = classes.state === 'ready' ? classes.value : new Map<string, string>();
  const named = (numbers: readonly number[]) =>
    numbers.map((number) => labels.get(String(number)) ?? String(number)).join('、');
  const bases = [
    ...new Map(pages.items.map((one) => [one.basis, one.basisLabel ?? one.basis])),
  ].map(([value, label]) => ({ value, label }));
  const shown = pages.items.filter((one) => basis === '' || one.basis === basis);

  const cells = (one: Provision): readonly string[] => [
    one.date,
    one.until ?? '',
    one.caseId,
    one.recipients.join('、'),
    one.persons.join('、') || NOBODY,
    named(one.classes),
    one.basisLabel ?? one.basis,
    one.purpose,
    one.way,
    one.decidedBy,
    one.secret ? '会議の秘密' : '',
  ];
  const save = () =>
    void single(async () => {
      setFailure(null);
      try {
        // The file holds the whole ledger, not the pages that happen to be shown.
        const all: Provision[] = [];
        let cursor: string | null = null;
        do {
          const page = await listLedger(cursor);
          all.push(...page.items);
          cursor = page.nextCursor;
        } while (cursor !== null);
        const head = [
          '提供した日',
          '終わり',
          'ケース番号',
          '提供先',
          'だれの情報か',
          '区分',
          '根拠',
          '目的',
          '方法',
          '決めた人',
          '備考',
        ];
        download('teikyo-no-kiroku.csv', csv([head, ...all.map(cells)]));
      } catch (error) {
        setFailure(error);
      }
    });
  return (
    <>
      <div className="screen-head">
        <ScreenHeading>提供の記録</ScreenHeading>
        <Button busy={busy} onClick={save}>
          ファイルに保存する（CSV）
        </Button>
      </div>
      <p>
        同意、共有の決定、会議、システムの外での提供から作った一覧です。ファイルには個人情報が入ります。保存した場所を管理してください。
      </p>
      {failure !== null && <Failure error={failure} />}
      {pages.known && pages.items.length === 0 && (
        <p className="empty">この範囲に提供の記録はありません。</p>
      )}
      {pages.items.length > 0 && (
        <>
          <div className="filters">
            <SelectField
              label="根拠"
              empty="すべての根拠"
              value={basis}
              options={bases}
              onChange={setBasis}
            />
          </div>
          <p role="status">{shown.length}件を表示しています。</p>
          <Table
            label="提供の記録"
            columns={COLUMNS}
            rows={shown.map((one, at) => ({
              key: `${one.caseId} ${one.recordId} ${at}`,
              cells: [
                <>
                  <a href={recordPath(one.caseId, one.recordId)}>{formatDate(one.date)}</a>
                  {one.until !== null && <span>（{formatDate(one.until)}まで）</span>}
                </>,
                one.recipients.join('、'),
                one.persons.join('、') || NOBODY,
                named(one.classes),
                <>
                  {one.basisLabel ?? one.basis}
                  {one.secret && <strong>（会議の秘密）</strong>}
                </>,
                one.purpose,
                [one.way, one.decidedBy].filter((text) => text !== '').join('・'),
              ],
            }))}
          />
        </>
      )}
      <PagesEnd pages={pages} />
    </>
  );
}
