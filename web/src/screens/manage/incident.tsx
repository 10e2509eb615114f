import { useCallback, useState } from 'react';
import { codeLabels, listAgencies, listStaff } from '../../api';
import { casePath } from '../../router';
import type { Me } from '../../types';
import { Button } from '../../ui/button';
import { csv, download } from '../../ui/download';
import { DayField, LinesField, SelectField, TickField, type Option } from '../../ui/entry';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { Refused, useSubmit } from '../../ui/submit';
import { Table } from '../../ui/table';
import { useUnsaved } from '../../unsaved';
import { formatDate, formatMoment } from '../../wareki';
import { readExtent, type Extent, type IncidentQuery, type Touched } from './api';
import { Discard } from '../../ui/discard';
import { today } from './staff-data';

/** What a report tells (規則43条, 要確認); what the trail knows is filled in beside it. */
const REPORT = [
  ['summary', '概要'],
  ['cause', '原因'],
  ['harm', '二次被害またはそのおそれの有無と内容'],
  ['told', '本人への対応'],
  ['public', '公表'],
  ['measures', '再発を防ぐための措置'],
  ['other', 'そのほか'],
] as const;
const never = () => false;

const load = async (names: boolean) => {
  const [agencies, staff, classes] = await Promise.all([
    listAgencies(),
    names ? listStaff() : Promise.resolve({ items: [] }),
    codeLabels('data-class'),
  ]);
  return { agencies, staff: staff.items, classes };
};

/** What somebody saw or changed in some days, and what is to be reported by when. */
export default function Incident({ me }: { readonly me: Me }) {
  const names = me.can.manageStaff;
  const [loaded, retry] = useLoad(useCallback(() => load(names), [names]));
  return (
    <>
      <ScreenHeading>漏えいのとき</ScreenHeading>
      <p>
        端末の紛失、利用者IDの悪用などのときに、その間に見られた記録とその人を調べます。まず
        <a href="#/manage/staff">職員</a>
        の画面で認証を再発行すると、なくした端末からは使えなくなります。
      </p>
      <Show loaded={loaded} retry={retry}>
        {({ agencies, staff, classes }) => (
          <Pack
            agencies={agencies.map(({ agencyId, name }) => ({ value: agencyId, label: name }))}
            staff={staff.map(({ staffId, displayName, agencyName }) => ({
              value: staffId,
              label: `${displayName}（${agencyName}）`,
            }))}
            classes={classes}
          />
        )}
      </Show>
    </>
  );
}

interface PackProps {
  readonly agencies: readonly Option[];
  readonly staff: readonly Option[];
  readonly classes: ReadonlyMap<string, string>;
}

function Pack({ agencies, staff, classes }: PackProps) {
  const [from, setFrom] = useState('');
  const [to, setTo] = useState(today());
  const [learnedOn, setLearned] = useState(today());
  const [abuse, setAbuse] = useState(false);
  const [staffId, setStaff] = useState('');
  const [agencyId, setAgency] = useState('');
  const [extent, setExtent] = useState<Extent | null>(null);
  const submit = useSubmit();
  const { faults } = submit;

  const ask = (start: string, before: Extent | null) => {
    const missing = new Map<string, string>();
    if (from === '') missing.set('/from', '調べ始める日を記入してください。');
    if (to === '') missing.set('/to', '調べ終わる日を記入してください。');
    if (learnedOn === '') missing.set('/learnedOn', '知った日を記入してください。');
    if (missing.size > 0) {
      submit.refuse(missing);
      return;
    }
    submit.run(async () => {
      const query: IncidentQuery = {
        from: start,
        to,
        learnedOn,
        abuse,
        ...(staffId === '' ? {} : { staffIds: [staffId] }),
        ...(agencyId === '' ? {} : { agencyIds: [agencyId] }),
      };
      const found = await readExtent(query);
      setExtent(before === null ? found : joined(before, found));
    });
  };
  return (
    <>
      <form
        className="form-grid"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          ask(from, null);
        }}
      >
        <Refused submit={submit} />
        <DayField
          label="調べ始める日"
          help="端末がなくなった日など。分からないときは、確かに手元にあった最後の日。"
          required
          value={from}
          error={faults.get('/from')}
          onChange={setFrom}
        />
        <DayField
          label="調べ終わる日"
          required
          value={to}
          error={faults.get('/to')}
          onChange={setTo}
        />
        <DayField
          label="漏えいのおそれを知った日"
          help="報告の期限を数え始める日です。"
          required
          value={learnedOn}
          error={faults.get('/learnedOn')}
          onChange={setLearned}
        />
        {staff.length > 0 && (
          <SelectField
            label="だれの利用者IDか"
            empty="全員"
            value={staffId}
            options={staff}
            onChange={setStaff}
          />
        )}
        <SelectField
          label="どの機関か"
          empty="すべての機関"
          value={agencyId}
          options={agencies}
          onChange={setAgency}
        />
        <TickField label="不正の目的によるおそれがある" checked={abuse} onChange={setAbuse} />
        <Button type="submit" look="solid" busy={submit.busy}>
          影響の範囲を調べる
        </Button>
      </form>
      {extent !== null && (
        <>
          {!extent.complete && (
            <Notice kind="warning" title={`${formatDate(extent.to)}までを調べました`}>
              <p>時間がかかるため、途中で止めました。続きを調べてください。</p>
              <Button busy={submit.busy} onClick={() => ask(dayAfter(extent.to), extent)}>
                続きを調べる
              </Button>
            </Notice>
          )}
          <Found extent={extent} classes={classes} />
          <Report extent={extent} classes={classes} learnedOn={learnedOn} />
        </>
      )}
    </>
  );
}

const dayAfter = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);

/** Two parts of one span, the later one asked for when the earlier one took too long. */
function joined(before: Extent, after: Extent): Extent {
  const items = new Map<string, Touched>(before.items.map((one) => [one.caseId, one]));
  for (const one of after.items) {
    const known = items.get(one.caseId);
    items.set(
      one.caseId,
      known === undefined
        ? one
        : {
            ...one,
            events: known.events + one.events,
            first: known.first < one.first ? known.first : one.first,
            last: known.last > one.last ? known.last : one.last,
            records: [
              ...new Map([...known.records, ...one.records].map((r) => [r.recordId, r])).values(),
            ],
            classes: [...new Set([...known.classes, ...one.classes])].sort(),
            actions: [...new Set([...known.actions, ...one.actions])],
          },
    );
  }
  const all = [...items.values()];
  return {
    ...after,
    from: before.from,
    items: all,
    persons: all.reduce((sum, { persons }) => sum + persons.length, 0),
    report: before.report || after.report,
    reason: before.report ? before.reason : after.reason,
  };
}

interface FoundProps {
  readonly extent: Extent;
  readonly classes: ReadonlyMap<string, string>;
}

const named = (numbers: readonly number[], classes: ReadonlyMap<string, string>): string =>
  numbers.map((number) => classes.get(String(number)) ?? String(number)).join('、');

function Found({ extent, classes }: FoundProps) {
  return (
    <section className="section" aria-labelledby="extent">
      <h2 id="extent" className="section-title">
        影響の範囲
      </h2>
      <Notice
        kind={extent.report ? 'warning' : 'info'}
        title={
          extent.report
            ? '個人情報保護委員会への報告の対象と考えられます（要確認）'
            : '報告の対象にあたる事情は見つかりません（要確認）'
        }
      >
        <p>{extent.reason}。決めるのは個人情報の担当です。</p>
        <p>
          速報の目安：<strong>{formatDate(extent.firstReportBy)}</strong>
          まで。確報の目安：<strong>{formatDate(extent.fullReportBy)}</strong>まで。
        </p>
      </Notice>
      <p role="status">
        {extent.items.length}件のケース、{extent.persons}人が見られた可能性があります。
      </p>
      {extent.items.length > 0 && (
        <Table
          label="影響のあるケース"
          columns={['ケース番号', '人', '区分', '操作', '回数', 'はじめ', '終わり']}
          rows={extent.items.map((one) => ({
            key: one.caseId,
            cells: [
              <a key="open" href={casePath(one.caseId)}>
                {one.caseId}
              </a>,
              one.persons.map(({ name }) => name ?? '氏名の記入なし').join('、'),
              named(one.classes, classes),
              one.actions.join('、'),
              `${one.events}回`,
              formatMoment(one.first),
              formatMoment(one.last),
            ],
          }))}
        />
      )}
    </section>
  );
}

interface ReportProps extends FoundProps {
  readonly learnedOn: string;
}

function Report({ extent, classes, learnedOn }: ReportProps) {
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [leaving, stay] = useUnsaved(
    Object.values(texts).some((text) => text !== ''),
    never,
  );
  const all = [...new Set(extent.items.flatMap((one) => one.classes))].sort();
  const report = () =>
    [
      '漏えい等の報告の下書き（個人情報保護法68条・同法施行規則43条、要確認）',
      '',
      `知った日：${formatDate(learnedOn)}`,
      `速報の目安：${formatDate(extent.firstReportBy)}　確報の目安：${formatDate(extent.fullReportBy)}`,
      `調べた期間：${formatDate(extent.from)}〜${formatDate(extent.to)}${extent.complete ? '' : '（途中まで）'}`,
      `本人の数：${extent.persons}人（${extent.items.length}件のケース）`,
      `個人情報の項目：${named(all, classes) || 'なし'}`,
      `報告の対象と考えられる事情：${extent.reason}`,
      ...REPORT.flatMap(([name, title]) => ['', `【${title}】`, texts[name] || '（記入なし）']),
    ].join('\r\n') + '\r\n';
  const persons = () =>
    csv([
      ['ケース番号', '人の番号', '氏名', '区分', '操作', 'はじめ', '終わり', '本人に知らせた日'],
      ...extent.items.flatMap((one) =>
        one.persons.map(({ personId, name }) => [
          one.caseId,
          personId,
          name ?? '',
          named(one.classes, classes),
          one.actions.join('、'),
          formatMoment(one.first),
          formatMoment(one.last),
          '',
        ]),
      ),
    ]);
  return (
    <section className="section" aria-labelledby="report">
      <h2 id="report" className="section-title">
        報告と通知の用意
      </h2>
      <p>
        記入したことは、ここには保存されません。ファイルに保存してください。人数、項目、期限は上の結果から入ります。
      </p>
      <div className="form-grid">
        {REPORT.map(([name, title]) => (
          <LinesField
            key={name}
            label={title}
            maxLength={4000}
            value={texts[name] ?? ''}
            onChange={(text) => setTexts({ ...texts, [name]: text })}
          />
        ))}
      </div>
      <div className="actions">
        <Button
          look="solid"
          onClick={() => download('rouei-houkoku-shitagaki.txt', report(), 'text/plain')}
        >
          報告の下書きを保存する
        </Button>
        <Button onClick={() => download('rouei-honnin-ichiran.csv', persons())}>
          本人の一覧を保存する（CSV）
        </Button>
      </div>
      {leaving !== null && <Discard onStay={stay} onDiscard={leaving} />}
    </section>
  );
}
