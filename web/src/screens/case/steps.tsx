import { useCallback, useState } from 'react';
import { caseTasks, listTransitions, makeTransition } from '../../api';
import { beginPath, recordPath } from '../../router';
import type { CaseResource, Task, Transitions } from '../../types';
import { useAttemptKey, useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { Failure, Show, useLoad } from '../../ui/load';
import { formatDate } from '../../wareki';

interface Props {
  readonly resource: CaseResource;
  readonly onMoved: () => void;
}

/** What is to be done in this case, where it can go next, and what that still needs. */
export function Steps({ resource, onMoved }: Props) {
  const { caseId } = resource;
  const load = useCallback(
    () => Promise.all([caseTasks(resource.caseId), listTransitions(resource.caseId)]),
    [resource],
  );
  const [loaded, retry] = useLoad(load);
  return (
    <Show loaded={loaded} retry={retry}>
      {([tasks, transitions]) => (
        <>
          <section className="section" aria-labelledby="case-tasks">
            <h2 id="case-tasks" className="section-title">
              これからの仕事
            </h2>
            {tasks.items.length === 0 ? (
              <p className="empty">いまは期限のある仕事がありません。</p>
            ) : (
              <TaskList caseId={caseId} tasks={tasks.items} />
            )}
          </section>
          <section className="section" aria-labelledby="case-next">
            <h2 id="case-next" className="section-title">
              次に進む
            </h2>
            {transitions.items.length === 0 && (
              <p className="empty">あなたが進められる先は、いまはありません。</p>
            )}
            {transitions.items.map((one) => (
              <Next key={one.to} resource={resource} one={one} onMoved={onMoved} />
            ))}
          </section>
        </>
      )}
    </Show>
  );
}

export function TaskList(props: { readonly caseId: string; readonly tasks: readonly Task[] }) {
  return (
    <ul className="tasks">
      {props.tasks.map((task, index) => (
        <li key={index} className={task.overdue ? 'task task-overdue' : 'task'}>
          <span className="task-due">
            {formatDate(task.due)}
            {task.overdue && <strong>（期限を過ぎています）</strong>}
          </span>
          {task.recordId === null ? (
            <span>{task.text}</span>
          ) : (
            <a href={recordPath(props.caseId, task.recordId)}>{task.text}</a>
          )}
        </li>
      ))}
    </ul>
  );
}

interface NextProps {
  readonly resource: CaseResource;
  readonly one: Transitions['items'][number];
  readonly onMoved: () => void;
}

function Next({ resource, one, onMoved }: NextProps) {
  const [reason, setReason] = useState('');
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const keyOf = useAttemptKey();
  const asked = one.needsReason ? reason : undefined;
  const go = () =>
    single(async () => {
      setFailure(null);
      try {
        await makeTransition(resource.caseId, one.to, asked, keyOf([one.to, asked]));
        onMoved();
      } catch (error) {
        setFailure(error);
      }
    });
  const id = `next-${one.to}`;
  return (
    <article className="card" aria-labelledby={id}>
      <h3 id={id} className="card-title">
        {one.label}
        <span className="card-note">（状態：{one.toLabel}）</span>
      </h3>
      {one.missing.length > 0 ? (
        <>
          <p>まだ進められません。足りないもの：</p>
          <ul>
            {one.missing.map(({ code, text }) => (
              <li key={code}>
                {text}
                {resource.can.addForms.includes(code) && (
                  <>
                    {' '}
                    <a href={beginPath(resource.caseId, code)}>記録する</a>
                  </>
                )}
              </li>
            ))}
          </ul>
        </>
      ) : (
        <>
          {one.needsReason && (
            <div className="field">
              <label className="label" htmlFor={`${id}-reason`}>
                理由
                <span className="required">必須</span>
              </label>
              <textarea
                id={`${id}-reason`}
                className="input textarea"
                rows={3}
                maxLength={1000}
                value={reason}
                onChange={(event) => setReason(event.target.value)}
              />
            </div>
          )}
          {failure !== null && <Failure error={failure} />}
          <div className="actions">
            <Button
              look="solid"
              busy={busy}
              disabled={one.needsReason && reason.trim() === ''}
              onClick={() => void go()}
            >
              {one.label}
            </Button>
          </div>
        </>
      )}
    </article>
  );
}
