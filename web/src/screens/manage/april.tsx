import { useCallback, useEffect, useRef, useState } from 'react';
import { useAttemptKey } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { DayField, SelectField, TickField } from '../../ui/entry';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { Refused, useSubmit } from '../../ui/submit';
import { Table } from '../../ui/table';
import { useUnsaved } from '../../unsaved';
import { changeStaff, type Outcome, type StaffChange } from './api';
import { Discard } from '../../ui/discard';
import { Outcomes, told } from './outcomes';
import {
  agencyOptions,
  isOver,
  loadRegisters,
  periodOf,
  roleOptions,
  type Registers,
} from './staff-data';

type Plan = Omit<StaffChange, 'staffId' | 'revision'>;
const never = () => false;
/** as many as the API takes at a time */
const AT_ONCE = 100;

/** Many people change office at once: who, what, a look at it, one confirmation. */
export default function April() {
  const load = useCallback(loadRegisters, []);
  const [loaded, reload] = useLoad(load);
  // Outlives a fresh look at the register.
  const [plans, setPlans] = useState<ReadonlyMap<string, Plan>>(new Map());
  return (
    <>
      <ScreenHeading>年度替わりの異動</ScreenHeading>
      <p>
        異動する人を選び、新しい機関・役割・終わりの日を当てはめます。最後に全員の分を見てから、一度に登録します。登録したことはすぐに効くので、退職する人は終わりの日（例：3月31日）で、異動する人は当日に登録してください。
      </p>
      <Show loaded={loaded} retry={reload}>
        {(registers) => (
          <Moves registers={registers} plans={plans} onPlans={setPlans} onDone={reload} />
        )}
      </Show>
    </>
  );
}

interface Reviewed {
  readonly changes: readonly StaffChange[];
  readonly outcomes: readonly Outcome[];
  readonly done: boolean;
}

interface MovesProps extends ChooseProps {
  readonly onDone: () => void;
}

function Moves({ registers, plans, onPlans, onDone }: MovesProps) {
  const [reviewed, setReviewed] = useState<Reviewed | null>(null);
  const submit = useSubmit();
  const keyOf = useAttemptKey();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [reviewed]);
  const [leaving, stay] = useUnsaved(plans.size > 0 && reviewed?.done !== true, never);

  const changes = registers.staff
    .filter(({ staffId }) => plans.has(staffId))
    .map(({ staffId, revision }) => ({ staffId, revision, ...plans.get(staffId) }));

  const ask = (preview: boolean, asked: readonly StaffChange[]) =>
    submit.run(async () => {
      const outcomes: Outcome[] = [];
      for (let at = 0; at < asked.length; at += AT_ONCE) {
        const part = asked.slice(at, at + AT_ONCE);
        outcomes.push(...(await changeStaff(part, preview, keyOf([preview, part]))));
      }
      setReviewed({ changes: asked, outcomes, done: !preview });
    });

  if (reviewed !== null) {
    const { outcomes, done } = reviewed;
    const ready = outcomes.filter(({ outcome }) => outcome === 'would-change').length;
    const refused = outcomes.filter(({ outcome }) => outcome === 'refused');
    return (
      <section className="section" aria-labelledby="review">
        <h2 id="review" className="section-title" ref={heading} tabIndex={-1}>
          {done ? '登録した結果' : '登録する前の確認'}
        </h2>
        <Refused submit={submit} />
        {done && refused.length === 0 && (
          <Notice kind="success" title={`${outcomes.length}人の異動を登録しました`} />
        )}
        <Outcomes
          label={done ? '登録した結果' : '登録する前の確認'}
          changes={reviewed.changes}
          outcomes={outcomes}
          registers={registers}
        />
        <div className="actions">
          {done ? (
            <Button
              look="solid"
              onClick={() => {
                // What could not be done stays chosen, so that it is typed only once.
                const left = new Set(refused.map(({ staffId }) => staffId));
                onPlans(new Map([...plans].filter(([staffId]) => left.has(staffId))));
                setReviewed(null);
                onDone();
              }}
            >
              {refused.length > 0 ? '残りを直す' : '終わる'}
            </Button>
          ) : (
            <>
              <Button
                look="solid"
                busy={submit.busy}
                onClick={() => ready > 0 && ask(false, reviewed.changes)}
              >
                {`${ready}人の異動を登録する`}
              </Button>
              <Button onClick={() => setReviewed(null)}>戻って直す</Button>
            </>
          )}
        </div>
        {leaving !== null && <Discard onStay={stay} onDiscard={leaving} />}
      </section>
    );
  }
  return (
    <>
      <Refused submit={submit} />
      <Choose registers={registers} plans={plans} onPlans={onPlans} />
      <div className="actions">
        <Button
          look="solid"
          busy={submit.busy}
          onClick={() =>
            changes.length === 0
              ? submit.refuse(new Map([['', '異動する人を選び、内容を当てはめてください。']]))
              : ask(true, changes)
          }
        >
          登録する前に確かめる
        </Button>
        <span role="status">{changes.length}人の異動を用意しています。</span>
      </div>
      {leaving !== null && <Discard onStay={stay} onDiscard={leaving} />}
    </>
  );
}

interface ChooseProps {
  readonly registers: Registers;
  readonly plans: ReadonlyMap<string, Plan>;
  readonly onPlans: (plans: ReadonlyMap<string, Plan>) => void;
}

function Choose({ registers, plans, onPlans }: ChooseProps) {
  const [from, setFrom] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [agencyId, setAgency] = useState('');
  const [role, setRole] = useState('');
  const [validTo, setTo] = useState('');
  const [hint, setHint] = useState<string>();
  const shown = registers.staff.filter(
    (one) => !isOver(one) && (from === '' || one.agencyId === from),
  );
  const visible = shown.filter(({ staffId }) => chosen.has(staffId));

  const apply = () => {
    const plan: Plan = {
      ...(agencyId === '' ? {} : { agencyId }),
      ...(role === '' ? {} : { role }),
      ...(validTo === '' ? {} : { validTo }),
    };
    if (visible.length === 0 || Object.keys(plan).length === 0) {
      setHint('人を選び、新しい機関・役割・終わりの日のどれかを記入してください。');
      return;
    }
    setHint(undefined);
    const next = new Map(plans);
    for (const { staffId } of visible) next.set(staffId, { ...next.get(staffId), ...plan });
    onPlans(next);
    setChosen(new Set());
  };
  const toggle = (staffId: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(staffId);
    else next.delete(staffId);
    setChosen(next);
  };
  return (
    <>
      <section className="section" aria-labelledby="who">
        <h2 id="who" className="section-title">
          1. 人を選ぶ
        </h2>
        <div className="filters">
          <SelectField
            label="いまの機関"
            empty="すべての機関"
            value={from}
            onChange={setFrom}
            options={agencyOptions(registers.agencies)}
          />
          <TickField
            label="表示している全員"
            checked={shown.length > 0 && visible.length === shown.length}
            onChange={(on) => setChosen(new Set(on ? shown.map(({ staffId }) => staffId) : []))}
          />
        </div>
        <Table
          label="異動する人"
          columns={['選ぶ', '役割', '機関', '期間', '用意した内容']}
          rows={shown.map((one) => {
            const plan = plans.get(one.staffId);
            return {
              key: one.staffId,
              cells: [
                <TickField
                  key="tick"
                  label={one.displayName}
                  checked={chosen.has(one.staffId)}
                  onChange={(on) => toggle(one.staffId, on)}
                />,
                one.roleLabel,
                one.agencyName,
                periodOf(one),
                plan === undefined ? (
                  'なし'
                ) : (
                  <>
                    {told({ staffId: one.staffId, revision: 0, ...plan }, one, registers)}{' '}
                    <Button
                      look="text"
                      aria-label={`${one.displayName}の用意した内容を消す`}
                      onClick={() => {
                        const next = new Map(plans);
                        next.delete(one.staffId);
                        onPlans(next);
                      }}
                    >
                      消す
                    </Button>
                  </>
                ),
              ],
            };
          })}
        />
      </section>
      <section className="section" aria-labelledby="what">
        <h2 id="what" className="section-title">
          2. 内容を当てはめる
        </h2>
        <p>選んだ人：{visible.length}人。空のままの欄は変わりません。</p>
        <div className="form-grid">
          <SelectField
            label="新しい機関"
            empty="変えない"
            value={agencyId}
            onChange={setAgency}
            options={agencyOptions(registers.agencies)}
          />
          <SelectField
            label="新しい役割"
            empty="変えない"
            value={role}
            onChange={setRole}
            options={roleOptions(registers.roles)}
          />
          <DayField label="終わりの日" value={validTo} error={hint} onChange={setTo} />
          <Button onClick={apply}>選んだ人に当てはめる</Button>
        </div>
      </section>
    </>
  );
}
