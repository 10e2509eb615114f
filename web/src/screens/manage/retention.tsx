import { useCallback, useState } from 'react';
import { codeLabels, createRecord, currentVersion, listRecords, listStaff } from '../../api';
import { OnePaper } from '../../papers/one-paper';
import { casePath } from '../../router';
import type { FormRecord, Me } from '../../types';
import { useAttemptKey } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { LinesField, SelectField, TickField, DayField } from '../../ui/entry';
import { TextField } from '../../ui/field';
import { ScreenHeading } from '../../ui/heading';
import { useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { PagesEnd, usePages } from '../../ui/pages';
import { FormDialog, Refused, useSubmit } from '../../ui/submit';
import { Table } from '../../ui/table';
import { formatDate, formatMoment } from '../../wareki';
import {
  approve,
  carryOut,
  listDisposals,
  listRetention,
  propose,
  type Disposal,
  type Keeping,
} from './api';
import { today } from './staff-data';

type Doing = { readonly what: 'hold' | 'release'; readonly caseId: string };

const HOLD = 'legal-hold';
const HOLD_END = 'legal-hold-end';

/** Closed cases with the end of their keeping; disposal by proposal, second person, certificate. */
export default function Retention({ me }: { readonly me: Me }) {
  const [turn, setTurn] = useState(0);
  const [news, setNews] = useState<string | null>(null);
  const again = (what: string) => {
    setNews(what);
    setTurn((n) => n + 1);
  };
  return (
    <>
      <ScreenHeading>保存期間と廃棄</ScreenHeading>
      <p>
        保存期間は、終結した年度の次の4月1日から数えます。期間が過ぎても、決めるまで何も消えません。
      </p>
      {news !== null && <Notice key={turn} kind="success" title={news} />}
      <Closed key={`closed ${turn}`} onDone={again} />
      <Disposals key={`disposals ${turn}`} me={me} onDone={again} />
    </>
  );
}

function stateOf({ due, held, keptUntil }: Keeping): string {
  if (held) return '廃棄を止めています';
  if (due) return '保存期間が過ぎました';
  return keptUntil === null ? '数えられません' : '保存中';
}

function Closed({ onDone }: { readonly onDone: (what: string) => void }) {
  const pages = usePages<Keeping>(useCallback(listRetention, []));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [onlyDue, setOnlyDue] = useState(false);
  const [asking, setAsking] = useState(false);
  const [doing, setDoing] = useState<Doing | null>(null);
  const submit = useSubmit();
  const keyOf = useAttemptKey();
  const shown = pages.items.filter(({ due }) => due || !onlyDue);
  const cases = [...chosen];

  const send = () =>
    submit.run(async () => {
      await propose(cases, keyOf(cases));
      onDone('廃棄を提案しました');
    });
  return (
    <section className="section" aria-labelledby="closed">
      <h2 id="closed" className="section-title">
        終わったケース
      </h2>
      {pages.known && pages.items.length === 0 && pages.more === null && (
        <p className="empty">終わったケースはありません。</p>
      )}
      {pages.items.length > 0 && (
        <>
          <TickField label="保存期間が過ぎたものだけ表示" checked={onlyDue} onChange={setOnlyDue} />
          <p role="status">{shown.length}件を表示しています。</p>
          <Table
            label="終わったケース"
            columns={['ケース番号', '終わった日', '保存期間の終わり', '状態', 'すること']}
            rows={shown.map((one) => ({
              key: one.caseId,
              cells: [
                one.due ? (
                  <TickField
                    key="tick"
                    label={one.caseId}
                    checked={chosen.has(one.caseId)}
                    onChange={(on) => {
                      const next = new Set(chosen);
                      if (on) next.add(one.caseId);
                      else next.delete(one.caseId);
                      setChosen(next);
                    }}
                  />
                ) : (
                  <a key="open" href={casePath(one.caseId)}>
                    {one.caseId}
                  </a>
                ),
                one.closedOn === null ? '' : formatDate(one.closedOn),
                one.keptUntil === null ? '' : formatDate(one.keptUntil),
                stateOf(one),
                one.held ? (
                  <Button
                    key="release"
                    aria-label={`${one.caseId}の廃棄を止めるのをやめる`}
                    onClick={() => setDoing({ what: 'release', caseId: one.caseId })}
                  >
                    止めるのをやめる
                  </Button>
                ) : (
                  <Button
                    key="hold"
                    aria-label={`${one.caseId}の廃棄を止める`}
                    onClick={() => setDoing({ what: 'hold', caseId: one.caseId })}
                  >
                    廃棄を止める
                  </Button>
                ),
              ],
            }))}
          />
          <div className="actions">
            <Button
              look="solid"
              onClick={() =>
                cases.length === 0
                  ? submit.refuse(new Map([['', '廃棄するケースを選んでください。']]))
                  : setAsking(true)
              }
            >
              選んだケースの廃棄を提案する
            </Button>
          </div>
          {!asking && <Refused submit={submit} />}
        </>
      )}
      <PagesEnd pages={pages} />
      {asking && (
        <FormDialog
          title={`${cases.length}件の廃棄を提案する`}
          submit={submit}
          label="提案する"
          onSubmit={send}
          onClose={() => setAsking(false)}
        >
          <p>
            まだ何も消えません。ほかの管理者が承認するか、決裁番号を記入した後に、廃棄を実行できます。
          </p>
          <ul className="summary">
            {cases.map((caseId) => (
              <li key={caseId}>{caseId}</li>
            ))}
          </ul>
        </FormDialog>
      )}
      {doing?.what === 'hold' && (
        <Hold
          caseId={doing.caseId}
          onClose={() => setDoing(null)}
          onDone={() => onDone('廃棄を止めました')}
        />
      )}
      {doing?.what === 'release' && (
        <Release
          caseId={doing.caseId}
          onClose={() => setDoing(null)}
          onDone={() => onDone('廃棄を止めるのをやめました')}
        />
      )}
    </section>
  );
}

interface HoldProps {
  readonly caseId: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

const fault = (faults: ReadonlyMap<string, string>, name: string) => faults.get(`/data/${name}`);

function Hold({ caseId, onClose, onDone }: HoldProps) {
  const [reasons] = useLoad(useCallback(() => codeLabels('hold-reason'), []));
  const [reason, setReason] = useState('');
  const [note, setNote] = useState('');
  const [date, setDate] = useState(today());
  const submit = useSubmit();
  const keyOf = useAttemptKey();
  const options =
    reasons.state === 'ready' ? [...reasons.value].map(([value, label]) => ({ value, label })) : [];
  const send = () => {
    if (reason === '') {
      submit.refuse(new Map([['/data/reason', '理由を選んでください。']]));
      return;
    }
    submit.run(async () => {
      const data = { reason, date, ...(note.trim() === '' ? {} : { note }) };
      const written = { formVersion: await currentVersion(HOLD), data };
      await createRecord(caseId, HOLD, written, keyOf([caseId, data]));
      onDone();
    });
  };
  return (
    <FormDialog
      title={`${caseId}の廃棄を止める`}
      submit={submit}
      label="止める"
      onSubmit={send}
      onClose={onClose}
    >
      <SelectField
        label="理由"
        required
        empty="選んでください"
        value={reason}
        error={fault(submit.faults, 'reason')}
        options={options}
        onChange={setReason}
      />
      <LinesField
        label="説明"
        maxLength={2000}
        value={note}
        error={fault(submit.faults, 'note')}
        onChange={setNote}
      />
      <DayField
        label="始めた日"
        required
        value={date}
        error={fault(submit.faults, 'date')}
        onChange={setDate}
      />
    </FormDialog>
  );
}

async function openHolds(caseId: string): Promise<readonly FormRecord[]> {
  const [holds, ends] = await Promise.all([
    listRecords(caseId, HOLD, null),
    listRecords(caseId, HOLD_END, null),
  ]);
  const over = new Set(ends.items.map(({ data }) => data.holdId));
  return holds.items.filter(({ recordId }) => !over.has(recordId));
}

function Release({ caseId, onClose, onDone }: HoldProps) {
  const load = useCallback(() => openHolds(caseId), [caseId]);
  const [holds] = useLoad(load);
  const [reasons] = useLoad(useCallback(() => codeLabels('hold-reason'), []));
  const [holdId, setHold] = useState('');
  const [reason, setReason] = useState('');
  const submit = useSubmit();
  const keyOf = useAttemptKey();
  const found = holds.state === 'ready' ? holds.value : [];
  const labels = reasons.state === 'ready' ? reasons.value : new Map<string, string>();
  const send = () => {
    const missing = new Map<string, string>();
    if (holdId === '') missing.set('/data/holdId', '止めている記録を選んでください。');
    if (reason.trim() === '') missing.set('/data/reason', '理由を記入してください。');
    if (missing.size > 0) {
      submit.refuse(missing);
      return;
    }
    submit.run(async () => {
      const data = { holdId, reason, date: today() };
      const written = { formVersion: await currentVersion(HOLD_END), data };
      await createRecord(caseId, HOLD_END, written, keyOf([caseId, data]));
      onDone();
    });
  };
  return (
    <FormDialog
      title={`${caseId}の廃棄を止めるのをやめる`}
      submit={submit}
      label="やめることを記録する"
      onSubmit={send}
      onClose={onClose}
    >
      <SelectField
        label="止めている記録"
        required
        empty={holds.state === 'loading' ? '読み込んでいます' : '選んでください'}
        value={holdId}
        error={fault(submit.faults, 'holdId')}
        options={found.map(({ recordId, data }) => ({
          value: recordId,
          label: `${labels.get(String(data.reason)) ?? ''}（${formatDate(String(data.date))}から）`,
        }))}
        onChange={setHold}
      />
      <TextField
        label="理由"
        required
        maxLength={200}
        value={reason}
        error={fault(submit.faults, 'reason')}
        onChange={setReason}
      />
    </FormDialog>
  );
}

interface DisposalsProps {
  readonly me: Me;
  readonly onDone: (what: string) => void;
}

function Disposals({ me, onDone }: DisposalsProps) {
  const pages = usePages<Disposal>(useCallback(listDisposals, []));
  const [people] = useLoad(useCallback(listStaff, []));
  const [doing, setDoing] = useState<{
    readonly what: 'approve' | 'carry-out';
    readonly disposal: Disposal;
  } | null>(null);
  const [shown, setShown] = useState<Disposal | null>(null);
  const name = (staffId: string | undefined) =>
    (people.state === 'ready' &&
      people.value.items.find((one) => one.staffId === staffId)?.displayName) ||
    (staffId ?? '');
  return (
    <section className="section" aria-labelledby="disposals">
      <h2 id="disposals" className="section-title">
        廃棄の提案と証明
      </h2>
      {pages.known && pages.items.length === 0 && <p className="empty">廃棄の提案はありません。</p>}
      {pages.items.length > 0 && (
        <Table
          label="廃棄の提案と証明"
          columns={['提案', '件数', '承認', '廃棄したもの', 'すること']}
          rows={pages.items.map((disposal) => ({
            key: disposal.disposalId,
            cells: [
              `${formatDate(disposal.proposedOn)}（${name(disposal.proposedBy)}）`,
              `${disposal.cases.length}件`,
              disposal.approvedOn === undefined
                ? 'まだ'
                : `${formatDate(disposal.approvedOn)}（${disposal.ringi ?? name(disposal.approvedBy)}）`,
              `${disposal.done.length}件`,
              <div key="do" className="actions">
                {disposal.approvedOn === undefined && (
                  <Button onClick={() => setDoing({ what: 'approve', disposal })}>承認</Button>
                )}
                {disposal.approvedOn !== undefined && disposal.left.length > 0 && (
                  <Button onClick={() => setDoing({ what: 'carry-out', disposal })}>廃棄</Button>
                )}
                {disposal.done.length > 0 && (
                  <Button onClick={() => setShown(disposal)}>証明</Button>
                )}
              </div>,
            ],
          }))}
        />
      )}
      <PagesEnd pages={pages} />
      {shown !== null && <Certificate disposal={shown} by={name(shown.approvedBy)} />}
      {doing?.what === 'approve' && (
        <Approve
          own={doing.disposal.proposedBy === me.staffId}
          disposal={doing.disposal}
          onClose={() => setDoing(null)}
          onDone={() => onDone('廃棄を承認しました')}
        />
      )}
      {doing?.what === 'carry-out' && (
        <CarryOut
          disposal={doing.disposal}
          onClose={() => setDoing(null)}
          onDone={() => onDone('廃棄し、証明を記録しました')}
        />
      )}
    </section>
  );
}

interface StepProps {
  readonly disposal: Disposal;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function Approve({ own, disposal, onClose, onDone }: StepProps & { readonly own: boolean }) {
  const [ringi, setRingi] = useState('');
  const [ringiOn, setOn] = useState('');
  const submit = useSubmit();
  const send = () => {
    if (own && (ringi.trim() === '' || ringiOn === '')) {
      submit.refuse(
        new Map([['/ringi', '自分の提案を承認するには、決裁番号と決裁の日が要ります。']]),
      );
      return;
    }
    submit.run(async () => {
      await approve(disposal.disposalId, {
        ...(ringi.trim() === '' ? {} : { ringi }),
        ...(ringiOn === '' ? {} : { ringiOn }),
      });
      onDone();
    });
  };
  return (
    <FormDialog
      title={`${disposal.cases.length}件の廃棄を承認する`}
      submit={submit}
      label="承認する"
      onSubmit={send}
      onClose={onClose}
    >
      <p>
        {own
          ? '自分で提案したものです。ほかの管理者が承認するか、紙の決裁の番号と日を記入してください。'
          : '紙の決裁があるときは、番号と日を記入してください。'}
      </p>
      <TextField
        label="決裁番号"
        maxLength={60}
        value={ringi}
        error={submit.faults.get('/ringi')}
        onChange={setRingi}
      />
      <DayField
        label="決裁の日"
        value={ringiOn}
        error={submit.faults.get('/ringiOn')}
        onChange={setOn}
      />
    </FormDialog>
  );
}

const SURE = '廃棄';

function CarryOut({ disposal, onClose, onDone }: StepProps) {
  const [typed, setTyped] = useState('');
  const [left, setLeft] = useState(disposal.left.length);
  const submit = useSubmit();
  const send = () => {
    if (typed !== SURE) {
      submit.refuse(new Map([['/typed', `確かめのため、「${SURE}」と記入してください。`]]));
      return;
    }
    submit.run(async () => {
      let rest = left;
      while (rest > 0) {
        // The API erases a few at a time; what is done is on the certificate, whatever comes.
        rest = (await carryOut(disposal.disposalId)).left.length;
        setLeft(rest);
      }
      onDone();
    });
  };
  return (
    <FormDialog
      title={`${disposal.left.length}件を廃棄する`}
      submit={submit}
      label="元に戻せないことを確かめて、廃棄する"
      onSubmit={send}
      onClose={onClose}
    >
      <Notice kind="warning" title="廃棄した記録は元に戻せません">
        <p>閲覧と変更の履歴（番号だけ）は残ります。控えからも、決まった日までに消えます。</p>
      </Notice>
      <ul className="summary">
        {disposal.left.map((caseId) => (
          <li key={caseId}>{caseId}</li>
        ))}
      </ul>
      {submit.busy && <p role="status">残り{left}件です。</p>}
      <TextField
        label={`確かめのため「${SURE}」と記入`}
        required
        autoComplete="off"
        maxLength={10}
        value={typed}
        error={submit.faults.get('/typed')}
        onChange={setTyped}
      />
    </FormDialog>
  );
}

function Certificate({ disposal, by }: { readonly disposal: Disposal; readonly by: string }) {
  return (
    <section className="slip" aria-label="廃棄の証明">
      <h3>廃棄の証明</h3>
      <p>
        承認：{disposal.approvedOn === undefined ? '' : formatDate(disposal.approvedOn)}（
        {disposal.ringi ?? by}）
      </p>
      <Table
        label="廃棄したもの"
        columns={['ケース番号', '廃棄した日時', '記録', '版', 'ファイル', '鍵', '控えから消える日']}
        rows={disposal.done.map((one) => ({
          key: one.caseId,
          cells: [
            one.caseId,
            formatMoment(one.at),
            String(one.records),
            String(one.revisions),
            String(one.files),
            String(one.keys),
            formatDate(one.backupsUntil),
          ],
        }))}
      />
      <div className="actions no-print">
        <OnePaper
          paper="disposal-certificate"
          query={{ disposal: disposal.disposalId }}
          label="証明書（PDF）"
        />
      </div>
    </section>
  );
}
