import { useState } from 'react';
import { casesOfPerson, findCandidates } from '../../../api';
import { Problem } from '../../../http';
import { casePath } from '../../../router';
import type { Candidate, CaseRow, Data } from '../../../types';
import { useSingle } from '../../../ui/attempt';
import { Button } from '../../../ui/button';
import { Failure } from '../../../ui/load';
import { formatPartial } from '../../../wareki';

interface Found {
  readonly personId: string;
  readonly name: string;
  readonly others: readonly Candidate[];
  readonly cases: readonly CaseRow[];
}

const ASKED = ['name', 'nameKana', 'nameAlternative', 'birthDate'];

async function otherCases(personId: string, caseId: string): Promise<readonly CaseRow[]> {
  try {
    return (await casesOfPerson(personId)).filter((row) => row.caseId !== caseId);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return [];
    throw error;
  }
}

async function look(caseId: string, persons: readonly Data[]): Promise<readonly Found[]> {
  const without = persons.map(({ personId }) => personId);
  const found: Found[] = [];
  // One after another: each is a question of its own in the trail.
  for (const person of persons) {
    const described = Object.fromEntries(
      ASKED.filter((name) => person[name] !== undefined).map((name) => [name, person[name]]),
    );
    const personId = String(person.personId);
    const others =
      Object.keys(described).length === 0 ? [] : await findCandidates({ ...described, without });
    const cases = await otherCases(personId, caseId);
    found.push({ personId, name: String(person.name ?? '氏名の記入なし'), others, cases });
  }
  return found;
}

interface Props {
  readonly caseId: string;
  readonly persons: readonly Data[];
}

/** Who of other cases may be somebody of this household. Nobody is ever merged. */
export function Candidates({ caseId, persons }: Props) {
  const [found, setFound] = useState<readonly Found[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const start = () =>
    single(async () => {
      setFailure(null);
      try {
        setFound(await look(caseId, persons));
      } catch (error) {
        setFailure(error);
      }
    });
  const told = found?.filter(({ others, cases }) => others.length + cases.length > 0) ?? [];
  return (
    <section className="section" aria-labelledby="same-person">
      <h2 id="same-person" className="section-title">
        ほかのケースにいる、同じ人かもしれない人
      </h2>
      <p>
        同じ人かどうかは、職員が確かめて決めます。ここで記録が一つにまとまることはありません。探したことは、見た人の記録に残ります。
      </p>
      <div className="actions no-print">
        <Button busy={busy} onClick={() => void start()}>
          同じ人かもしれない人を探す
        </Button>
      </div>
      {failure !== null && <Failure error={failure} />}
      <div role="status">
        {found !== null && told.length === 0 && (
          <p>あなたが見られるケースの中には、見つかりませんでした。</p>
        )}
      </div>
      {told.map((person) => (
        <article key={person.personId} className="card" aria-label={person.name}>
          <h3 className="card-title">{person.name}</h3>
          <ul>
            {person.cases.map((row) => (
              <li key={row.caseId}>
                世帯の台帳に同じ人として載っています：
                <a href={casePath(row.caseId)}>{row.caseId}</a>
              </li>
            ))}
            {person.others.map((other) => (
              <li key={other.personId}>
                {other.person.name ?? '氏名の記入なし'}
                {other.person.birthDate && `（${formatPartial(other.person.birthDate)}生まれ）`}
                {`：${other.reasons.map(({ text }) => text).join('、')} `}
                {other.cases.map((id) => (
                  <a key={id} href={casePath(id)}>
                    {id}
                  </a>
                ))}
              </li>
            ))}
          </ul>
        </article>
      ))}
    </section>
  );
}
