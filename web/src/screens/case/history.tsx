import { useCallback } from 'react';
import { getRevision, listRevisions } from '../../api';
import { titleOf } from '../../form/describe';
import { fromBody } from '../../form/pointer';
import { casePath } from '../../router';
import type { Agency, Revision, Schema } from '../../types';
import { Button } from '../../ui/button';
import { Show, useLoad } from '../../ui/load';
import { Byline } from './byline';
import { RecordView } from './record-view';

interface Props {
  readonly caseId: string;
  readonly form: Schema;
  readonly agencies: readonly Agency[];
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

function Revisions({ caseId, form }: Props) {
  const load = useCallback(() => listRevisions(caseId), [caseId]);
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
                href={casePath(caseId, 'history', item.revision)}
              />
              <p>
                {item.revision === 1
                  ? 'はじめの記録'
                  : `変わった欄：${changedTitles(item, form) || 'なし'}`}
              </p>
            </li>
          ))}
        </ol>
      )}
    </Show>
  );
}

function Earlier({ caseId, form, agencies, revision }: Props & { readonly revision: number }) {
  const load = useCallback(() => getRevision(caseId, revision), [caseId, revision]);
  const [loaded, retry] = useLoad(load);
  return (
    <Show loaded={loaded} retry={retry}>
      {(record) => (
        <>
          <div className="record-head">
            <Byline
              revision={record.revision}
              at={record.updatedAt}
              by={record.updatedBy}
              note="読むだけ"
            />
            <div className="actions no-print">
              <a className="button button-outline" href={casePath(caseId, 'history')}>
                版の一覧に戻る
              </a>
              <Button onClick={() => window.print()}>印刷する</Button>
            </div>
          </div>
          <RecordView form={form} data={record.data} agencies={agencies} />
        </>
      )}
    </Show>
  );
}
