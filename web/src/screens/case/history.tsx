import { useCallback, useState } from 'react';
import { formSchema, getRevision, listRevisions } from '../../api';
import { titleOf } from '../../form/describe';
import { fromBody } from '../../form/pointer';
import { historyPath } from '../../router';
import type { Revision, Schema } from '../../types';
import { Button } from '../../ui/button';
import { Show, useLoad } from '../../ui/load';
import { Byline } from './byline';
import { Compare } from './compare/compare';
import { RecordView } from './record-view';
import type { Written } from './record-pane';

interface Props {
  readonly caseId: string;
  readonly read: Written;
  readonly revision: number | undefined;
}

export function History(props: Props) {
  return props.revision === undefined ? (
    <Revisions {...props} />
  ) : (
    <Earlier {...props} revision={props.revision} />
  );
}

function changedTitles(revision: Revision, form: Schema): string {
  const titles = revision.changed.map((pointer) => {
    const path = fromBody(pointer);
    return titleOf(path.split('/').slice(0, 2).join('/'), form);
  });
  return [...new Set(titles.filter((title) => title !== ''))].join('、');
}

function Revisions({ caseId, read }: Props) {
  const { recordId } = read.record;
  const load = useCallback(() => listRevisions(caseId, recordId), [caseId, recordId]);
  const [loaded, retry] = useLoad(load);
  return (
    <Show loaded={loaded} retry={retry}>
      {({ items }) => (
        <ol className="revisions" aria-label="版の一覧（新しい順）">
          {items.map((item) => (
            <li key={item.revision} className="card">
              <Byline
                revision={item.revision}
                at={item.savedAt}
                by={item.savedBy}
                href={historyPath(caseId, recordId, item.revision)}
              />
              <p>
                {item.revision === 1
                  ? 'はじめの記録'
                  : `変わった欄：${changedTitles(item, read.form) || 'なし'}`}
              </p>
            </li>
          ))}
        </ol>
      )}
    </Show>
  );
}

function Earlier({ caseId, read, revision }: Props & { readonly revision: number }) {
  const { form: name, recordId } = read.record;
  const [beside, setBeside] = useState(false);
  const isCurrent = revision === read.record.revision;
  const load = useCallback(async () => {
    const record = await getRevision(caseId, recordId, revision);
    return { record, form: await formSchema(name, record.formVersion) };
  }, [caseId, name, recordId, revision]);
  const [loaded, retry] = useLoad(load);
  return (
    <Show loaded={loaded} retry={retry}>
      {({ record, form }) => (
        <>
          <div className="record-head">
            <Byline
              revision={record.revision}
              at={record.updatedAt}
              by={record.updatedBy}
              note="読むだけ"
            />
            <div className="actions no-print">
              <a className="button button-outline" href={historyPath(caseId, recordId)}>
                版の一覧に戻る
              </a>
              {!isCurrent && (
                <Button onClick={() => setBeside(!beside)}>
                  {beside ? 'この版だけを見る' : 'いまの版と並べて見る'}
                </Button>
              )}
              <Button onClick={() => window.print()}>印刷する</Button>
            </div>
          </div>
          {beside ? (
            <Compare then={{ record, form }} now={read} choices={read.choices} />
          ) : (
            <RecordView form={form} data={record.data} choices={read.choices} />
          )}
        </>
      )}
    </Show>
  );
}
