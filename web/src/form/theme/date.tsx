import type { FieldProps, WidgetProps } from '@rjsf/utils';
import { useState } from 'react';
import { Button } from '../../ui/button';
import {
  daysInMonth,
  ERA_NAMES,
  eraOf,
  formatDate,
  formatPartial,
  pad,
  todayInJapan,
  WESTERN,
  westernYear,
  type PartialDate,
} from '../../wareki';
import { described } from './context';

/** What stands in the boxes. */
interface Parts {
  readonly era: string;
  readonly year: string;
  readonly month: string;
  readonly day: string;
}

const EMPTY: Parts = { era: '令和', year: '', month: '', day: '' };

/** A number, nothing, or text that is no number and is kept as typed, to be reported. */
function numberIn(text: string): number | string | null {
  const ascii = text
    .replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .trim();
  if (ascii === '') return null;
  return /^\d{1,4}$/.test(ascii) ? Number(ascii) : text;
}

function westernIn({ era, year }: Parts): number | string | null {
  const given = year.trim() === '元' ? 1 : numberIn(year);
  return typeof given === 'number' ? (westernYear(era, given) ?? `${era}${year}`) : given;
}

function partsOf(y: unknown, m: unknown, d: unknown, era: string): Parts {
  const text = (value: unknown) => (value === null || value === undefined ? '' : String(value));
  if (typeof y !== 'number') return { era, year: text(y), month: text(m), day: text(d) };
  const found = eraOf(y, typeof m === 'number' ? m : null, typeof d === 'number' ? d : null);
  return { era: found.era, year: String(found.year), month: text(m), day: text(d) };
}

interface BoxesProps {
  readonly id: string;
  readonly parts: Parts;
  readonly onChange: (parts: Parts) => void;
  readonly hints: ReturnType<typeof described>;
}

function Boxes({ id, parts, onChange, hints }: BoxesProps) {
  const box = (name: 'year' | 'month' | 'day', unit: string) => (
    <label className="date-part">
      <input
        type="text"
        inputMode={name === 'year' ? undefined : 'numeric'}
        autoComplete="off"
        className="input input-date"
        value={parts[name]}
        onChange={(event) => onChange({ ...parts, [name]: event.target.value })}
        {...hints}
      />
      <span>{unit}</span>
    </label>
  );
  return (
    <>
      <label className="date-part">
        <span className="visually-hidden">元号または西暦</span>
        <select
          id={`${id}__era`}
          className="input select input-era"
          value={parts.era}
          onChange={(event) => onChange(changeEra(parts, event.target.value))}
        >
          {ERA_NAMES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {box('year', '年')}
      {box('month', '月')}
      {box('day', '日')}
    </>
  );
}

/** Between 西暦 and an era the year is converted; between eras it is taken as typed. */
function changeEra(parts: Parts, era: string): Parts {
  const y = westernIn(parts);
  if (era === WESTERN && typeof y === 'number') return { ...parts, era, year: String(y) };
  if (parts.era === WESTERN && typeof y === 'number') {
    const { month, day } = parts;
    const first = eraOf(y, Number(month) || null, Number(day) || null);
    if (first.era === era) return { ...parts, era, year: String(first.year) };
  }
  return { ...parts, era };
}

/** Local boxes beside the stored value: they follow it only when it was changed elsewhere. */
function useParts(stored: string, read: () => Parts): [Parts, (parts: Parts, now: string) => void] {
  const [state, setState] = useState(() => ({ parts: read(), stored }));
  const current = state.stored === stored ? state : { parts: read(), stored };
  if (current !== state) setState(current);
  return [current.parts, (parts, now) => setState({ parts, stored: now })];
}

const keyOf = (value: unknown): string => JSON.stringify(value) ?? '';

/** A whole day, stored as `2025-04-01`; while incomplete it is stored as typed and reported. */
export function DateEntry({ id, value, onChange, schema, rawErrors }: WidgetProps) {
  const text = typeof value === 'string' ? value : '';
  const [parts, setParts] = useParts(keyOf(value), () => {
    const [y = '', m = '', d = ''] = text.split('-');
    return text === ''
      ? EMPTY
      : partsOf(numberIn(y) ?? '', numberIn(m) ?? '', numberIn(d) ?? '', EMPTY.era);
  });
  const change = (next: Parts) => {
    const y = westernIn(next);
    const [m, d] = [numberIn(next.month), numberIn(next.day)];
    const written = (part: number | string | null, width: number) =>
      typeof part === 'number' ? pad(part, width) : (part ?? '');
    const iso =
      y === null && m === null && d === null
        ? undefined
        : `${written(y, 4)}-${written(m, 2)}-${written(d, 2)}`;
    setParts(next, keyOf(iso));
    onChange(iso);
  };
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(text);
  return (
    <div className="date">
      <Boxes
        id={id}
        parts={parts}
        onChange={change}
        hints={described(id, schema.description, rawErrors)}
      />
      <Button
        look="text"
        onClick={() => {
          const [y, m, d] = todayInJapan(Date.now()).split('-').map(Number);
          change(partsOf(y, m, d, EMPTY.era));
        }}
      >
        今日
      </Button>
      {whole && parts.era === WESTERN && <span className="date-echo">{formatDate(text)}</span>}
    </div>
  );
}

const UNKNOWN: PartialDate = { y: null, m: null, d: null };

/** A day known as far as it is known: `{y, m, d}` with null for what is not. */
export function PartialDateEntry(props: FieldProps) {
  const { fieldPathId, formData, onChange, schema, rawErrors } = props;
  const id = fieldPathId.$id;
  const value = formData as PartialDate | undefined;
  const unknown = value !== undefined && value.y === null && value.m === null && value.d === null;
  const [parts, setParts] = useParts(keyOf(value), () =>
    value === undefined ? { ...EMPTY, era: '昭和' } : partsOf(value.y, value.m, value.d, '昭和'),
  );
  const emit = (next: Parts, stored: unknown) => {
    setParts(next, keyOf(stored));
    onChange(stored, fieldPathId.path);
  };
  const change = (next: Parts) => {
    const stored = { y: westernIn(next), m: numberIn(next.month), d: numberIn(next.day) };
    const nothing = stored.y === null && stored.m === null && stored.d === null;
    emit(next, nothing ? undefined : stored);
  };
  const readable = value !== undefined && typeof value.y === 'number' && fitsCalendar(value);
  return (
    <div className="date">
      <Boxes
        id={id}
        parts={parts}
        onChange={change}
        hints={described(id, schema.description, rawErrors)}
      />
      <label className="choice">
        <input
          type="checkbox"
          checked={unknown}
          onChange={() =>
            emit({ ...parts, year: '', month: '', day: '' }, unknown ? undefined : UNKNOWN)
          }
        />
        <span>不詳</span>
      </label>
      {readable && <span className="date-echo">{formatPartial(value)}</span>}
    </div>
  );
}

const fitsCalendar = ({ y, m, d }: PartialDate): boolean =>
  (m === null || typeof m === 'number') &&
  (d === null || (typeof d === 'number' && m !== null && d <= daysInMonth(y, m)));
