import type { Staff } from '../../types';
import { Notice } from '../../ui/notice';
import { Table } from '../../ui/table';
import type { Outcome, StaffChange } from './api';
import type { Registers } from './staff-data';
import { formatDate } from '../../wareki';

/** What a change says of one person, beside what stands in the register now. */
export function told(change: StaffChange, who: Staff, { agencies, roles }: Registers): string {
  const parts = [];
  if (change.agencyId !== undefined && change.agencyId !== who.agencyId) {
    parts.push(`機関を「${agencies.find((a) => a.agencyId === change.agencyId)?.name}」に`);
  }
  if (change.role !== undefined && change.role !== who.role) {
    parts.push(`役割を「${roles.get(change.role)}」に`);
  }
  if (change.validTo !== undefined && change.validTo !== who.validTo) {
    parts.push(
      change.validTo === null ? '終わりの日をなしに' : `${formatDate(change.validTo)}で終わりに`,
    );
  }
  if (change.confirm === true) parts.push('登録を続ける');
  return parts.join('、') || 'いまと同じ';
}

const WORDS: Readonly<Record<Outcome['outcome'], string>> = {
  same: 'いまと同じ（変わりません）',
  'would-change': '変えられます',
  changed: '変えました',
  refused: '変えられません',
};

interface Props {
  readonly label: string;
  readonly changes: readonly StaffChange[];
  readonly outcomes: readonly Outcome[];
  readonly registers: Registers;
}

/** One line for each person: what is to become of the entry, and whether it can or did. */
export function Outcomes({ label, changes, outcomes, registers }: Props) {
  const refused = outcomes.filter(({ outcome }) => outcome === 'refused').length;
  return (
    <>
      {refused > 0 && (
        <Notice kind="warning" title={`${refused}人は変えられません`}>
          <p>理由を見て直してください。ほかの人の分には影響しません。</p>
        </Notice>
      )}
      <Table
        label={label}
        columns={['氏名', '内容', '結果']}
        rows={changes.flatMap((change, at) => {
          const who = registers.staff.find(({ staffId }) => staffId === change.staffId);
          const outcome = outcomes[at];
          if (who === undefined || outcome === undefined) return [];
          return [
            {
              key: change.staffId,
              cells: [
                who.displayName,
                told(change, who, registers),
                <>
                  <strong>{WORDS[outcome.outcome]}</strong>
                  {outcome.text !== null && `：${outcome.text}`}
                </>,
              ],
            },
          ];
        })}
      />
    </>
  );
}
