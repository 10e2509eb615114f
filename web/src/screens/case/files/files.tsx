import { useCallback, useState } from 'react';
import { codeLabels, listRecords } from '../../../api';
import type { Choice } from '../../../form/choices';
import { recordPath } from '../../../router';
import type { CaseResource, FormRecord, Me, Schema } from '../../../types';
import { useLatest } from '../../../ui/latest';
import { Show, useLoad } from '../../../ui/load';
import { Notice } from '../../../ui/notice';
import { PagesEnd, usePages } from '../../../ui/pages';
import { TableHead } from '../../../ui/table-head';
import { formatMoment } from '../../../wareki';
import { aboutText } from '../about/about';
import { choicesOf } from '../choices-of';
import { Attach } from './attach';
import { Download } from './download';
import './files.css';
import { sizeText } from './parts';

const FORM = 'attachment';
const COLUMNS = ['ファイル', '情報の区分', 'だれについて', '添付した人', '受け取り'];
const PEOPLE: Schema = { 'x-choices': 'persons' };
/** Who may see a file of class 4; single agencies are chosen in the record of progress itself. */
const SHARED = ['own', 'members'];

const choices = (labels: ReadonlyMap<string, string>): readonly Choice[] =>
  [...labels].map(([value, label]) => ({ value, label }));

interface Props {
  readonly resource: CaseResource;
  readonly me: Me;
  readonly onAttached: () => Promise<void>;
}

/** The files of a case that this person may see, and the way to attach one. */
export default function Files({ resource, me, onAttached }: Props) {
  const now = useLatest({ resource, me });
  const load = useCallback(async () => {
    const [found, classes, sharing] = await Promise.all([
      choicesOf(PEOPLE, now.current.resource, now.current.me),
      codeLabels('data-class'),
      codeLabels('shared-with'),
    ]);
    return {
      people: found.persons ?? [],
      classes: choices(classes),
      sharing: choices(sharing).filter(({ value }) => SHARED.includes(value)),
    };
  }, [now]);
  const [loaded, retry] = useLoad(load);
  return (
    <Show loaded={loaded} retry={retry}>
      {(known) => <Opened resource={resource} onAttached={onAttached} {...known} />}
    </Show>
  );
}

interface OpenedProps extends Omit<Props, 'me'> {
  readonly people: readonly Choice[];
  readonly classes: readonly Choice[];
  readonly sharing: readonly Choice[];
}

function Opened({ resource, onAttached, people, classes, sharing }: OpenedProps) {
  const { caseId } = resource;
  const [news, setNews] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  return (
    <>
      {news !== null && <Notice kind="success" title={news} />}
      {resource.can.attach && (
        <section className="section no-print" aria-labelledby="attach">
          <h2 id="attach" className="section-title">
            ファイルを添付する
          </h2>
          <Attach
            caseId={caseId}
            people={people}
            classes={classes}
            sharing={sharing}
            onAttached={({ data }) => {
              setNews(`検査に通り、「${String(data.name)}」を添付しました`);
              setTurn(turn + 1);
              void onAttached();
            }}
          />
        </section>
      )}
      <section className="section" aria-labelledby="attached">
        <h2 id="attached" className="section-title">
          添付したファイル
        </h2>
        <List key={turn} caseId={caseId} people={people} classes={classes} />
      </section>
    </>
  );
}

interface ListProps extends Pick<OpenedProps, 'people' | 'classes'> {
  readonly caseId: string;
}

function List({ caseId, people, classes }: ListProps) {
  const load = useCallback((cursor: string | null) => listRecords(caseId, FORM, cursor), [caseId]);
  const pages = usePages(load);
  return (
    <>
      {pages.known && pages.items.length === 0 && (
        <p className="empty">表示できるファイルはまだありません。</p>
      )}
      {pages.items.length > 0 && (
        <table className="table" role="table">
          <TableHead columns={COLUMNS} />
          <tbody role="rowgroup">
            {pages.items.map((item) => (
              <Line
                key={item.recordId}
                caseId={caseId}
                item={item}
                people={people}
                classes={classes}
              />
            ))}
          </tbody>
        </table>
      )}
      <PagesEnd pages={pages} what="ファイルの一覧を読み込んでいます" />
    </>
  );
}

interface LineProps extends ListProps {
  readonly item: FormRecord;
}

function Line({ caseId, item, people, classes }: LineProps) {
  const { data, updatedBy, createdAt } = item;
  const text = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
  const bytes = Number(data.bytes ?? 0);
  const label = classes.find(({ value }) => value === data.class)?.label ?? '';
  return (
    <tr role="row">
      <th role="rowheader" scope="row" data-title="ファイル">
        <span>
          <a href={recordPath(caseId, item.recordId)}>{text('name') || 'ファイル'}</a>
          <br />
          {sizeText(bytes)}・検査済み
          {text('description') !== '' && (
            <>
              <br />
              {text('description')}
            </>
          )}
        </span>
      </th>
      <td role="cell" data-title="情報の区分">
        <span>{label}</span>
      </td>
      <td role="cell" data-title="だれについて">
        <span>{aboutText(item.about, people) || '本人'}</span>
      </td>
      <td role="cell" data-title="添付した人">
        <span>
          {updatedBy.displayName}（{updatedBy.agencyName}）<br />
          {formatMoment(createdAt)}
        </span>
      </td>
      <td role="cell" data-title="受け取り" className="no-print">
        <Download caseId={caseId} fileId={text('fileId')} name={text('name')} bytes={bytes} />
      </td>
    </tr>
  );
}
