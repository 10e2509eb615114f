import { useEffect, useRef, useState } from 'react';
import type { AgendaItem } from '../../types';
import { Button } from '../../ui/button';
import { formatDate } from '../../wareki';
import type { Room } from './meeting';
import { BASIS_WORDS, rows, text } from './words';

interface Props {
  readonly room: Room;
  readonly onClose: () => void;
}

/**
 * What the room may look at together: large, without a name, an agency or a word that somebody
 * wrote, since any of these may tell who it is. Escape leaves; the arrow keys turn the cases.
 */
export function Projector({ room, onClose }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const [at, setAt] = useState(0);
  const [numbers, setNumbers] = useState(false);
  const { agenda } = room.meeting;
  const item = agenda[at];
  const last = agenda.length - 1;
  useEffect(() => {
    const dialog = ref.current;
    const opener = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  const turn = (by: number) => setAt((now) => Math.min(last, Math.max(0, now + by)));
  return (
    <dialog
      ref={ref}
      className="projector"
      aria-label="映す画面（氏名なし）"
      onCancel={onClose}
      onClose={onClose}
      onKeyDown={(event) => {
        if (event.key === 'ArrowRight') turn(1);
        if (event.key === 'ArrowLeft') turn(-1);
      }}
    >
      {item !== undefined && (
        <OneCase room={room} item={item} title={numbers ? item.caseId : `事例${at + 1}`} />
      )}
      <div className="actions projector-bar">
        <Button onClick={() => turn(-1)} disabled={at === 0}>
          前の事例
        </Button>
        <span role="status">
          {at + 1}／{agenda.length}
        </span>
        <Button onClick={() => turn(1)} disabled={at === last}>
          次の事例
        </Button>
        <label className="choice">
          <input type="checkbox" checked={numbers} onChange={() => setNumbers(!numbers)} />
          <span>ケース番号で示す</span>
        </label>
        <Button onClick={onClose}>映すのを終える（Esc）</Button>
      </div>
    </dialog>
  );
}

function OneCase({ room, item, title }: OneProps) {
  const { kinds, agencies } = room;
  const { data } = item;
  const kindOf = (agencyId: unknown) =>
    agencies.find((one) => one.agencyId === agencyId)?.kindLabel ?? '担当';
  const decided = rows(data, 'roles');
  return (
    <div className="projected" aria-live="polite">
      <h2>{title}</h2>
      <p className="projected-kind">{kinds.get(text(data.kind)) ?? text(data.kind)}</p>
      <p>{BASIS_WORDS[text(data.basis)]}</p>
      <p>出席 {rows(data, 'attendees').length}人</p>
      <h3>決めたこと</h3>
      {decided.length === 0 ? (
        <p>これから決めます。</p>
      ) : (
        <ol>
          {decided.map((row, index) => (
            <li key={index}>
              {kindOf(row.agencyId)}：{formatDate(text(row.due))}まで
              {text(row.done) === '' ? '' : '（済み）'}
            </li>
          ))}
        </ol>
      )}
      {text(data.nextOn) !== '' && <p>次回 {formatDate(text(data.nextOn))}</p>}
    </div>
  );
}

interface OneProps {
  readonly room: Room;
  readonly item: AgendaItem;
  readonly title: string;
}
