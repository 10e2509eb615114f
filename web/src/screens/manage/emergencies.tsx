import { useCallback, useState } from 'react';
import { codeLabels, createRecord, currentVersion } from '../../api';
import { casePath } from '../../router';
import type { Me } from '../../types';
import { useAttemptKey } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { LinesField, SelectField } from '../../ui/entry';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { FormDialog, useSubmit } from '../../ui/submit';
import { Table } from '../../ui/table';
import { formatDate, formatMoment } from '../../wareki';
import { listEmergencyUses, type EmergencyUse } from './api';
import { today } from './staff-data';

const FORM = 'emergency-review';

/** 緊急閲覧 that nobody has looked at yet; the finding becomes a record of the case. */
export default function Emergencies({ me }: { readonly me: Me }) {
  const [loaded, reload] = useLoad(useCallback(listEmergencyUses, []));
  const [chosen, setChosen] = useState<EmergencyUse | null>(null);
  const [news, setNews] = useState(false);
  return (
    <>
      <ScreenHeading>緊急閲覧の確認</ScreenHeading>
      <p>
        閲覧した職員に事情を聞き、履歴を見て、必要な閲覧だったかを記録します。自分の閲覧は、ほかの管理者が確かめます。
      </p>
      {news && <Notice kind="success" title="確認を記録しました" />}
      <Show loaded={loaded} retry={reload}>
        {(uses) =>
          uses.length === 0 ? (
            <p className="empty">確かめる緊急閲覧はありません。</p>
          ) : (
            <Table
              label="確かめる緊急閲覧"
              columns={['職員', 'ケース', '閲覧した時間', '理由', '確認の期限', 'すること']}
              rows={uses.map((use) => ({
                key: use.accessId,
                cells: [
                  `${use.staffName}（${use.agencyName}）`,
                  <a key="log" href={casePath(use.caseId, 'audit')}>
                    {use.caseId}の履歴
                  </a>,
                  `${formatMoment(use.from)}〜${formatMoment(use.to)}`,
                  use.reason,
                  <>
                    {formatDate(use.reviewBy)}
                    {use.reviewBy < today() && <strong>（過ぎています）</strong>}
                  </>,
                  <Button
                    key="review"
                    aria-label={`${use.staffName}の緊急閲覧を確かめる`}
                    onClick={() => setChosen(use)}
                  >
                    確かめる
                  </Button>,
                ],
              }))}
            />
          )
        }
      </Show>
      {chosen !== null && (
        <Review
          me={me}
          use={chosen}
          onClose={() => setChosen(null)}
          onDone={() => {
            setChosen(null);
            setNews(true);
            reload();
          }}
        />
      )}
    </>
  );
}

interface ReviewProps {
  readonly me: Me;
  readonly use: EmergencyUse;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function Review({ me, use, onClose, onDone }: ReviewProps) {
  const [results] = useLoad(useCallback(() => codeLabels('review-result'), []));
  const [result, setResult] = useState('');
  const [note, setNote] = useState('');
  const submit = useSubmit();
  const keyOf = useAttemptKey();
  const own = use.staffId === me.staffId;
  const options =
    results.state === 'ready' ? [...results.value].map(([value, label]) => ({ value, label })) : [];
  const send = () => {
    if (result === '') {
      submit.refuse(new Map([['/data/result', '結果を選んでください。']]));
      return;
    }
    submit.run(async () => {
      const data = {
        accessId: use.accessId,
        date: today(),
        reviewedBy: me.displayName,
        result,
        ...(note.trim() === '' ? {} : { note }),
      };
      const written = { formVersion: await currentVersion(FORM), data };
      await createRecord(use.caseId, FORM, written, keyOf([use.caseId, data]));
      onDone();
    });
  };
  return (
    <FormDialog
      title={`${use.staffName}の緊急閲覧を確かめる`}
      submit={submit}
      label="記録する"
      onSubmit={send}
      onClose={onClose}
    >
      <p>理由：{use.reason}</p>
      <SelectField
        label="結果"
        required
        empty="選んでください"
        value={result}
        error={submit.faults.get('/data/result')}
        options={options}
        onChange={setResult}
      />
      <LinesField
        label="補足"
        help={
          own
            ? '自分の閲覧です。ほかに管理者がいないときだけ、紙の決裁の番号を記入して記録できます。'
            : '聞いたこと、見たこと。必要のない閲覧だったときは、その後の対応も。'
        }
        maxLength={1000}
        value={note}
        error={submit.faults.get('/data/note')}
        onChange={setNote}
      />
    </FormDialog>
  );
}
