import { useCallback, useState } from 'react';
import { printPaper, townSettings } from '../../api';
import { saveFile } from '../../papers/save-file';
import type { Me } from '../../types';
import { Button } from '../../ui/button';
import { download } from '../../ui/download';
import { SelectField } from '../../ui/entry';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { Refused, useSubmit } from '../../ui/submit';
import { Table } from '../../ui/table';
import { formatMoment } from '../../wareki';
import { readStatistics, statisticsFile, type Statistics, type StatisticsRow } from './api';
import { BarChart, ColumnChart, type Bar } from './charts';
import { today } from './staff-data';

const YEARS = 6;

/** The fiscal year of a day; it begins on 1 April. */
const fiscalYear = (day: string): number => Number(day.slice(0, 4)) - (day.slice(5) < '04' ? 1 : 0);

/** What was counted, as charts with their tables. What is withheld stays so in both. */
export default function StatisticsScreen({ me }: { readonly me: Me }) {
  const year = fiscalYear(today());
  const [period, setPeriod] = useState(String(year));
  const [use, setUse] = useState(me.can.reportStatistics ? 'report' : 'publication');
  const load = useCallback(async () => {
    const [statistics, town] = await Promise.all([readStatistics(period, use), townSettings()]);
    return { statistics, small: town.document.preset === 'minimal' };
  }, [period, use]);
  const [loaded, retry] = useLoad(load);
  const submit = useSubmit();
  const save = () =>
    submit.run(async () => {
      download(`jisseki-${period}-${use}.csv`, await statisticsFile(period, use));
    });
  const saveBook = () =>
    submit.run(async () => {
      const book = await printPaper('statistics', { period, for: use, as: 'xlsx' });
      saveFile(book, `jisseki-${period}-${use}`, 'xlsx');
    });
  return (
    <>
      <div className="screen-head">
        <ScreenHeading>実績の集計</ScreenHeading>
        <div className="actions">
          <Button busy={submit.busy} onClick={saveBook}>
            Excelで保存する
          </Button>
          <Button busy={submit.busy} onClick={save}>
            ファイルに保存する（CSV）
          </Button>
        </div>
      </div>
      <Refused submit={submit} />
      <div className="filters">
        <SelectField
          label="年度"
          value={period}
          onChange={setPeriod}
          options={Array.from({ length: YEARS }, (_, back) => ({
            value: String(year - back),
            label: `令和${year - back - 2018}年度（${year - back}年4月から）`,
          }))}
        />
        <SelectField
          label="使いみち"
          value={use}
          onChange={setUse}
          options={[
            ...(me.can.reportStatistics ? [{ value: 'report', label: '報告用（実数）' }] : []),
            { value: 'publication', label: '公表用（小さい数を伏せる）' },
          ]}
        />
      </div>
      <Show loaded={loaded} retry={retry}>
        {({ statistics, small }) => <Counted statistics={statistics} small={small} />}
      </Show>
    </>
  );
}

interface Indicator {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly total: StatisticsRow | null;
  readonly parts: ReadonlyMap<string, readonly StatisticsRow[]>;
}

function indicatorsOf(rows: readonly StatisticsRow[]): ReadonlyMap<string, readonly Indicator[]> {
  const groups = new Map<string, Map<string, Indicator>>();
  for (const row of rows) {
    const group = groups.get(row.group) ?? new Map<string, Indicator>();
    groups.set(row.group, group);
    const known = group.get(row.indicator) ?? {
      id: row.indicator,
      title: row.title,
      unit: row.unit,
      total: null,
      parts: new Map<string, readonly StatisticsRow[]>(),
    };
    group.set(
      row.indicator,
      row.breakdown === null
        ? { ...known, total: row }
        : {
            ...known,
            parts: new Map([
              ...known.parts,
              [row.breakdownTitle, [...(known.parts.get(row.breakdownTitle) ?? []), row]],
            ]),
          },
    );
  }
  return new Map([...groups].map(([title, group]) => [title, [...group.values()]]));
}

interface CountedProps {
  readonly statistics: Statistics;
  /** a small town looks at totals first */
  readonly small: boolean;
}

function Counted({ statistics, small }: CountedProps) {
  const { rows, notes, periods, madeAt, volumes } = statistics;
  const whole = periods[0]?.period ?? statistics.period;
  const months = periods.slice(1);
  const signs = Object.entries(notes);
  if (rows.length === 0) return <p className="empty">この期間に数えるものはありません。</p>;
  return (
    <>
      <p>{formatMoment(madeAt)}に集計しました。</p>
      <p>
        報告用の実数は、国・県への報告のほかには出さないでください。外に出すのは公表用の数です。
      </p>
      <dl className="case-head">
        {signs.map(([mark, { sign, text }]) => (
          <div key={mark}>
            <dt>{sign}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {[...indicatorsOf(rows)].map(([title, indicators]) => (
        <details key={title} className="section" open={!small || hasNumbers(indicators, whole)}>
          <summary className="section-title">{title}</summary>
          <Table
            label={title}
            columns={['項目', '年度の計', '単位']}
            rows={indicators.flatMap(({ id, title: name, unit, total }) =>
              total === null
                ? []
                : [{ key: id, cells: [name, shownNumber(total, whole, notes), unit] }],
            )}
          />
          {indicators.map((indicator) => (
            <Details
              key={indicator.id}
              indicator={indicator}
              whole={whole}
              months={months}
              notes={notes}
            />
          ))}
        </details>
      ))}
      {volumes !== null && <Volumes statistics={statistics} />}
    </>
  );
}

const hasNumbers = (indicators: readonly Indicator[], whole: string): boolean =>
  indicators.some(({ total }) => (total?.values[whole] ?? 0) > 0);

type Notes = Statistics['notes'];

function shownNumber(row: StatisticsRow, period: string, notes: Notes): string {
  const value = row.values[period];
  return value === null || value === undefined
    ? signOf(row, period, notes)
    : value.toLocaleString('ja-JP');
}

const signOf = (row: StatisticsRow, period: string, notes: Notes): string =>
  notes[row.marks[period] ?? '']?.sign ?? '';

interface DetailsProps {
  readonly indicator: Indicator;
  readonly whole: string;
  readonly months: Statistics['periods'];
  readonly notes: Notes;
}

function Details({ indicator, whole, months, notes }: DetailsProps) {
  const { title, unit, total, parts } = indicator;
  const bar = (label: string, row: StatisticsRow, period: string): Bar => ({
    label,
    value: row.values[period] ?? null,
    sign: signOf(row, period, notes),
  });
  const byMonth =
    total === null
      ? []
      : months.map(({ period, label }) => bar(label.replace(/^.*年/, ''), total, period));
  const divisions = [...parts].filter(([, rows]) =>
    rows.some((row) => (row.values[whole] ?? null) !== 0),
  );
  const empty = total !== null && (total.values[whole] === 0 || total.marks[whole] === 'nothing');
  if (empty || (byMonth.length === 0 && divisions.length === 0)) return null;
  return (
    <details className="plain-details">
      <summary>{title}の内訳</summary>
      <div className="charts">
        {byMonth.length > 0 && (
          <figure className="stack">
            <figcaption>
              {title}（月ごと、{unit}）
            </figcaption>
            <ColumnChart bars={byMonth} />
            <BarTable label={`${title}（月ごと）`} head="月" unit={unit} bars={byMonth} />
          </figure>
        )}
        {divisions.map(([name, rows]) => {
          const bars = rows.map((row) => bar(row.codeTitle, row, whole));
          return (
            <figure key={name} className="stack">
              <figcaption>
                {title}（{name}、{unit}）
              </figcaption>
              <BarChart bars={bars} />
              <BarTable label={`${title}（${name}）`} head={name} unit={unit} bars={bars} />
            </figure>
          );
        })}
      </div>
    </details>
  );
}

interface BarTableProps {
  readonly label: string;
  readonly head: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const BarTable = ({ label, head, unit, bars }: BarTableProps) => (
  <Table
    label={label}
    columns={[head, unit]}
    rows={bars.map((one) => ({
      key: one.label,
      cells: [one.label, one.value === null ? one.sign : one.value.toLocaleString('ja-JP')],
    }))}
  />
);

function Volumes({ statistics }: { readonly statistics: Statistics }) {
  const found = (statistics.volumes ?? []).filter(
    ({ spread, tooFewStaff }) => spread !== null || tooFewStaff,
  );
  return (
    <section className="section" aria-labelledby="volumes">
      <h2 id="volumes" className="section-title">
        所要時間（分）
      </h2>
      <p>
        職員ごとには集計しません。3人未満の職員の分は示しません。時間が減っても、お金が減ったことにはなりません。
      </p>
      {found.length === 0 ? (
        <p className="empty">所要時間の記入がまだありません。</p>
      ) : (
        <Table
          label="所要時間"
          columns={[
            '仕事',
            '件数',
            '真ん中の値',
            '少ない方の4分の1',
            '多い方の4分の1',
            '1ケースあたり',
          ]}
          rows={found.map(({ id, title, spread, perCase }) => ({
            key: id,
            cells:
              spread === null
                ? [title, '3人未満のため示しません', '', '', '', '']
                : [
                    title,
                    String(spread.records),
                    String(spread.median),
                    String(spread.lower),
                    String(spread.upper),
                    perCase === null ? '' : String(perCase),
                  ],
          }))}
        />
      )}
    </section>
  );
}
