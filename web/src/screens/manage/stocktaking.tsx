import { useCallback, useState } from 'react';
import type { Me, Staff } from '../../types';
import { useAttemptKey } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { DayField, SelectField } from '../../ui/entry';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { Refused, useSubmit } from '../../ui/submit';
import { Table } from '../../ui/table';
import { formatDate } from '../../wareki';
import { changeStaff, type Outcome, type StaffChange } from './api';
import { Outcomes } from './outcomes';
import { isOver, loadRegisters, today, type Registers } from './staff-data';

type Verdict = '' | 'keep' | 'end';

/** Who is still to use the system is confirmed one by one; each answer is in the trail. */
export default function Stocktaking({ me }: { readonly me: Me }) {
  const load = useCallback(loadRegisters, []);
  const [loaded, reload] = useLoad(load);
  return (
    <>
      <ScreenHeading>利用者の棚卸し</ScreenHeading>
      <p>
        しばらくサインインしていない人、確かめてから日がたった人を並べます。一人ずつ「続ける」か「終わりにする」を選び、まとめて記録します。終わりにしても、記録と利用者IDは残ります。
      </p>
      <Show loaded={loaded} retry={reload}>
        {(registers) => <Review me={me} registers={registers} onDone={reload} />}
      </Show>
    </>
  );
}

interface Props {
  readonly me: Me;
  readonly registers: Registers;
  readonly onDone: () => void;
}

/** Half a year back, as a day. */
function halfYearAgo(): string {
  const day = new Date(`${today()}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - 182);
  return day.toISOString().slice(0, 10);
}

function Review({ me, registers, onDone }: Props) {
  const [since, setSince] = useState(halfYearAgo());
  const [kind, setKind] = useState('unseen');
  const [verdicts, setVerdicts] = useState<ReadonlyMap<string, Verdict>>(new Map());
  const [result, setResult] = useState<{
    readonly changes: readonly StaffChange[];
    readonly outcomes: readonly Outcome[];
  } | null>(null);
  const submit = useSubmit();
  const keyOf = useAttemptKey();

  const asked: Readonly<Record<string, (one: Staff) => boolean>> = {
    unseen: ({ lastSignInOn }) => lastSignInOn === null || lastSignInOn < since,
    unconfirmed: ({ confirmedOn }) => confirmedOn === null || confirmedOn < since,
    all: () => true,
  };
  const shown = registers.staff.filter((one) => !isOver(one) && asked[kind]?.(one));

  const send = () => {
    const changes: StaffChange[] = shown.flatMap(({ staffId, revision }): StaffChange[] => {
      const verdict = verdicts.get(staffId) ?? '';
      if (verdict === 'keep') return [{ staffId, revision, confirm: true }];
      return verdict === 'end' ? [{ staffId, revision, validTo: yesterday() }] : [];
    });
    if (changes.length === 0) {
      submit.refuse(new Map([['', '「続ける」か「終わりにする」を選んでください。']]));
      return;
    }
    submit.run(async () => {
      const outcomes = await changeStaff(changes.slice(0, 100), false, keyOf(changes));
      setResult({ changes: changes.slice(0, 100), outcomes });
      setVerdicts(new Map());
    });
  };

  if (result !== null) {
    return (
      <>
        <Notice kind="success" title="棚卸しを記録しました" />
        <Outcomes label="棚卸しの結果" {...result} registers={registers} />
        <div className="actions">
          <Button
            look="solid"
            onClick={() => {
              setResult(null);
              onDone();
            }}
          >
            一覧に戻る
          </Button>
        </div>
      </>
    );
  }
  return (
    <>
      <div className="filters">
        <SelectField
          label="並べる人"
          value={kind}
          onChange={setKind}
          options={[
            { value: 'unseen', label: 'この日からサインインしていない人' },
            { value: 'unconfirmed', label: 'この日から確かめていない人' },
            { value: 'all', label: '使っている全員' },
          ]}
        />
        <DayField label="この日から" value={since} onChange={setSince} />
      </div>
      <Refused submit={submit} />
      <p role="status">{shown.length}人を表示しています。</p>
      {shown.length === 0 ? (
        <p className="empty">確かめる人はいません。</p>
      ) : (
        <>
          <Table
            label="確かめる人"
            columns={['氏名', '役割と機関', '最後のサインイン', '前に確かめた日', '今回']}
            rows={shown.map((one) => ({
              key: one.staffId,
              cells: [
                one.displayName,
                `${one.roleLabel}・${one.agencyName}`,
                one.lastSignInOn === null ? '記録なし' : formatDate(one.lastSignInOn),
                one.confirmedOn === null ? 'まだ' : formatDate(one.confirmedOn),
                <select
                  key="verdict"
                  className="input select"
                  aria-label={`${one.displayName}の登録`}
                  value={verdicts.get(one.staffId) ?? ''}
                  onChange={(event) =>
                    setVerdicts(
                      new Map([...verdicts, [one.staffId, event.target.value as Verdict]]),
                    )
                  }
                >
                  <option value="">選んでください</option>
                  <option value="keep">続ける</option>
                  {one.staffId !== me.staffId && <option value="end">終わりにする</option>}
                </select>,
              ],
            }))}
          />
          <div className="actions">
            <Button look="solid" busy={submit.busy} onClick={send}>
              選んだとおりに記録する
            </Button>
          </div>
        </>
      )}
    </>
  );
}

/** The last day on which somebody who is to end now could still sign in. */
function yesterday(): string {
  const day = new Date(`${today()}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - 1);
  return day.toISOString().slice(0, 10);
}
