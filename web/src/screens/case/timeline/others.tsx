import { useState, type FormEvent } from 'react';
import { getCase } from '../../../api';
import { readCaseId } from '../../../router';
import type { CaseResource } from '../../../types';
import { useSingle } from '../../../ui/attempt';
import { Button } from '../../../ui/button';
import { TextField } from '../../../ui/field';
import { explain } from '../../../ui/messages';

/** Each stands for requests of its own at every page. */
const MOST = 4;

interface Props {
  readonly own: string;
  readonly others: readonly CaseResource[];
  readonly onChange: (others: readonly CaseResource[]) => void;
}

/** Other cases in the same course of time: of one household, or of one family in two. */
export function Others({ own, others, onChange }: Props) {
  const [typed, setTyped] = useState('');
  const [fault, setFault] = useState<string | undefined>(undefined);
  const [busy, single] = useSingle();
  const add = (event: FormEvent) => {
    event.preventDefault();
    void single(async () => {
      const caseId = readCaseId(typed);
      setFault(undefined);
      if (caseId === null) setFault('ケース番号を確かめてください。');
      else if (caseId === own || others.some((other) => other.caseId === caseId)) {
        setFault('このケースは、もう並んでいます。');
      } else {
        try {
          onChange([...others, await getCase(caseId)]);
          setTyped('');
        } catch (error) {
          const { title, text } = explain(error);
          setFault([title, text].filter((part) => part !== '').join('。'));
        }
      }
    });
  };
  return (
    <>
      {others.length < MOST && (
        <form className="others" onSubmit={add} noValidate>
          <TextField
            label="並べて見るほかのケース（ケース番号）"
            help="見られるケースだけです。機関での絞り込みは、並べたケースにも効きます。"
            autoComplete="off"
            value={typed}
            error={fault}
            onChange={setTyped}
          />
          <Button type="submit" busy={busy}>
            並べる
          </Button>
        </form>
      )}
      {others.length > 0 && (
        <ul className="tasks" aria-label="並べているケース">
          {others.map(({ caseId }) => (
            <li key={caseId} className="task">
              <span>{caseId}</span>
              <Button
                look="text"
                aria-label={`${caseId}を外す`}
                onClick={() => onChange(others.filter((other) => other.caseId !== caseId))}
              >
                外す
              </Button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
