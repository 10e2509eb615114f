import { useCallback } from 'react';
import { formSchema, getCase, listPapers } from '../../api';
import type { Me, Meeting } from '../../types';
import { useLatest } from '../../ui/latest';
import { Show, useLoad } from '../../ui/load';
import { Term } from '../../ui/term';
import { choicesOf } from '../case/choices-of';
import { RecordView } from '../case/record-view';
import { caseLabel, windowWords } from './words';

interface Props {
  readonly me: Me;
  readonly meeting: Meeting;
  readonly caseId: string;
}

/** The papers of a case that were laid before this person, while they lie open. */
export function Papers({ me, meeting, caseId }: Props) {
  const { meetingId, agenda } = meeting;
  const who = useLatest(me);
  const load = useCallback(async () => {
    const [{ items }, resource] = await Promise.all([
      listPapers(meetingId, caseId),
      getCase(caseId),
    ]);
    return Promise.all(
      items.map(async (paper) => {
        const form = await formSchema(paper.form, paper.formVersion);
        return { paper, form, choices: await choicesOf(form, resource, who.current) };
      }),
    );
  }, [meetingId, caseId, who]);
  const [loaded, retry] = useLoad(load);
  const item = agenda.find((one) => one.caseId === caseId);
  return (
    <>
      <h2>会議の資料</h2>
      {item !== undefined && (
        <p>
          {caseLabel(item)}の資料です。
          {item.data.papersTo !== undefined && `見られるのは${windowWords(item.data)}です。`}
          印刷や写しはしないでください。
          <Term name="papers" />
        </p>
      )}
      <Show loaded={loaded} retry={retry}>
        {(papers) =>
          papers.map(({ paper, form, choices }) => (
            <article key={paper.recordId} className="section" aria-label={paper.title}>
              <h3>{paper.title}</h3>
              <RecordView form={form} data={paper.data} choices={choices} />
            </article>
          ))
        }
      </Show>
    </>
  );
}
