import { useCallback, useState } from 'react';
import { listCases, listDrafts, listMeetings, listTasks, offeredForms } from '../api';
import { DraftList } from '../drafts/list';
import { casePath, meetingPath } from '../router';
import type { DraftHead, MeetingHead, Task, TaskPage } from '../types';
import { ScreenHeading } from '../ui/heading';
import { PagesEnd, usePages } from '../ui/pages';
import { formatDate } from '../wareki';
import { TaskList } from './case/steps';
import { DigestSetting } from './digest';

type Part = TaskPage['items'][number];

/** What waits for this person's agency: tasks by date, and the meetings to come. */
export default function Today() {
  const [general, setGeneral] = useState<readonly Task[]>([]);
  const [meetings, setMeetings] = useState<readonly MeetingHead[]>([]);
  const [drafts, setDrafts] = useState<readonly DraftHead[]>([]);
  const [titles, setTitles] = useState<ReadonlyMap<string, string>>(new Map());
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const load = useCallback(async (from: string | null) => {
    if (from !== null) return listTasks(from);
    const [page, held, cases, kept, forms] = await Promise.all([
      listTasks(null),
      listMeetings('coming'),
      listCases(null),
      listDrafts(),
      offeredForms(),
    ]);
    setDrafts(kept.items);
    setTitles(new Map(forms.map(({ form, title }) => [form, title])));
    setNames(new Map(cases.items.map(({ caseId, name }) => [caseId, name ?? ''])));
    setMeetings(held.items);
    setGeneral(page.general);
    return page;
  }, []);
  const pages = usePages<Part>(load);
  const { items: parts, known } = pages;

  return (
    <>
      <ScreenHeading>今日</ScreenHeading>
      {drafts.length > 0 && (
        <section className="section" aria-labelledby="today-drafts">
          <h2 id="today-drafts" className="section-title">
            書きかけの記録
          </h2>
          <DraftList drafts={drafts} titles={titles} names={names} />
        </section>
      )}
      <section className="section" aria-labelledby="today-tasks">
        <h2 id="today-tasks" className="section-title">
          これからの仕事（期限の近いケースから）
        </h2>
        {known && parts.length === 0 && general.length === 0 && (
          <p className="empty">期限のある仕事はいまはありません。</p>
        )}
        {general.length > 0 && (
          <ul className="tasks">
            {general.map((task, at) => (
              <li key={at} className="task">
                <span className="task-due">{formatDate(task.due)}</span>
                <span>{task.text}</span>
              </li>
            ))}
          </ul>
        )}
        {parts.map(({ caseId, tasks }) => (
          <article key={caseId} className="card" aria-label={`ケース ${caseId}`}>
            <h3 className="card-title">
              <a href={casePath(caseId, 'steps')}>{names.get(caseId) || caseId}</a>
              {names.get(caseId) && <span className="card-note">{caseId}</span>}
            </h3>
            <TaskList caseId={caseId} tasks={tasks} />
          </article>
        ))}
        <PagesEnd pages={pages} what="仕事を読み込んでいます" />
      </section>
      {known && (
        <section className="section" aria-labelledby="today-meetings">
          <h2 id="today-meetings" className="section-title">
            これからの会議
          </h2>
          {meetings.length === 0 ? (
            <p className="empty">出席する会議の予定はありません。</p>
          ) : (
            <ul className="tasks">
              {meetings.map(({ meetingId, data }) => (
                <li key={meetingId} className="task">
                  <span className="task-due">{formatDate(String(data.date))}</span>
                  <span>
                    <a href={meetingPath(meetingId)}>
                      {[data.title ?? '会議', data.from, data.place]
                        .filter((v) => v !== undefined)
                        .join('　')}
                    </a>
                  </span>
                </li>
              ))}
            </ul>
          )}
        </section>
      )}
      <DigestSetting />
    </>
  );
}
