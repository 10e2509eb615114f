import { useCallback } from 'react';
import { formSchema, listPapers } from '../../api';
import type { Meeting } from '../../types';
import { Show, useLoad } from '../../ui/load';
import { Term } from '../../ui/term';
import { NO_CHOICES } from '../../form/choices';
import { RecordView } from '../case/record-view';
import { caseLabel, windowWords } from './words';

interface Props {
  readonly meeting: Meeting;
  readonly caseId: string;
}

/** The papers of a case that were laid before this person, while they lie open. */
export function Papers({ meeting, caseId }: Props) {
  const { meetingId, agenda } = meeting;
  const load = useCallback(async () => {
    const { items } = await listPapers(meetingId, caseId);
    return Promise.all(
      items.map(async (paper) => ({
        paper,
        form: await formSchema(paper.form, paper.formVersion),
      })),
    );
  }, [meetingId, caseId]);
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
          papers.map(({ paper, form }) => (
            <article key={paper.recordId} className="section" aria-label={paper.title}>
              <h3>{paper.title}</h3>
              <RecordView form={form} data={paper.data} choices={NO_CHOICES} />
            </article>
          ))
        }
      </Show>
    </>
  );
}
