import { useCallback, useEffect, useState } from 'react';
import { codeLabels, keepFilters, listAgencies, listFilters } from '../api';
import type { Conditions, Filter } from '../types';
import { useSingle } from '../ui/attempt';
import { Button } from '../ui/button';
import { Failure } from '../ui/load';

const MOST = 20;

interface Props {
  readonly conditions: Conditions;
  /** the period ends before it begins */
  readonly wrong: boolean;
  readonly onChange: (conditions: Conditions) => void;
  /** one that was kept under a name */
  readonly onChoose: (conditions: Conditions) => void;
}

type Labels = ReadonlyMap<string, string>;
const NO_LABELS: Labels = new Map();

/** Conditions beside the words, and those that this person keeps under a name. */
export function Filters({ conditions, wrong, onChange, onChoose }: Props) {
  const [labels, setLabels] = useState({
    state: NO_LABELS,
    concern: NO_LABELS,
    agency: NO_LABELS,
  });
  const [kept, setKept] = useState<readonly Filter[]>([]);
  const [name, setName] = useState('');
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const load = useCallback(async () => {
    const [state, concern, agencies, filters] = await Promise.all([
      codeLabels('case-state'),
      codeLabels('concern'),
      listAgencies(),
      listFilters(),
    ]);
    const agency = new Map(agencies.map((one) => [one.agencyId, one.name]));
    setLabels({ state, concern, agency });
    setKept(filters);
  }, []);
  useEffect(() => {
    load().catch(setFailure);
  }, [load]);

  const set = (key: keyof Conditions, value: string) => {
    const { [key]: _, ...others } = conditions;
    onChange(value === '' ? others : { ...others, [key]: value });
  };
  const keep = (next: readonly Filter[]) =>
    void single(async () => {
      setFailure(null);
      try {
        setKept(await keepFilters(next));
        setName('');
      } catch (error) {
        setFailure(error);
      }
    });
  const choice = (key: 'state' | 'concern' | 'agency', title: string) => (
    <div className="field">
      <label className="label" htmlFor={`filter-${key}`}>
        {title}
      </label>
      <select
        id={`filter-${key}`}
        className="input"
        value={conditions[key] ?? ''}
        onChange={(event) => set(key, event.target.value)}
      >
        <option value="">すべて</option>
        {[...labels[key]].map(([code, label]) => (
          <option key={code} value={code}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
  const day = (key: 'from' | 'to', title: string) => (
    <div className="field">
      <label className="label" htmlFor={`filter-${key}`}>
        {title}
      </label>
      <input
        id={`filter-${key}`}
        className="input"
        type="date"
        max="9999-12-31"
        aria-invalid={wrong}
        aria-describedby="filter-wrong"
        value={conditions[key] ?? ''}
        onChange={(event) => set(key, event.target.value)}
      />
    </div>
  );
  const nothing = Object.keys(conditions).length === 0;
  const taken = kept.some((filter) => filter.name === name.trim());
  return (
    <>
      {kept.length > 0 && (
        <ul className="filters" aria-label="残した条件">
          {kept.map((filter) => (
            <li key={filter.name}>
              <Button onClick={() => onChoose(filter.conditions)}>{filter.name}</Button>
              <Button
                look="text"
                busy={busy}
                aria-label={`条件「${filter.name}」を消す`}
                onClick={() => keep(kept.filter((other) => other !== filter))}
              >
                消す
              </Button>
            </li>
          ))}
        </ul>
      )}
      <details className="filter-form">
        <summary>条件で絞り込む</summary>
        <div className="filter-fields">
          {choice('state', '状態')}
          {choice('concern', '困りごと')}
          {choice('agency', '機関')}
          {day('from', '受付日（から）')}
          {day('to', '受付日（まで）')}
        </div>
        <div id="filter-wrong">
          {wrong && (
            <p className="field-error" role="alert">
              受付日の「まで」は「から」と同じ日か、あとの日にしてください。
            </p>
          )}
        </div>
        <div className="actions">
          <Button type="submit">この条件で探す</Button>
        </div>
        <div className="field">
          <label className="label" htmlFor="filter-name">
            この条件に付ける名前
          </label>
          <p className="field-help" id="filter-name-help">
            残しておくと、次から一回で絞り込めます。人の名前は書かないでください。
          </p>
          <div className="actions">
            <input
              id="filter-name"
              className="input"
              autoComplete="off"
              maxLength={30}
              aria-describedby="filter-name-help"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
            <Button
              busy={busy}
              disabled={nothing || name.trim() === '' || taken || kept.length >= MOST}
              onClick={() => keep([...kept, { name: name.trim(), conditions }])}
            >
              条件を残す
            </Button>
          </div>
        </div>
      </details>
      {failure !== null && <Failure error={failure} />}
    </>
  );
}
