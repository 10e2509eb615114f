import { useCallback, useEffect, useMemo, useState } from 'react';
import { formSchema, getSharing, listRecords, type Narrowing } from '../../api';
import { describe } from '../../form/describe';
import { NO_CHOICES, type Choices } from '../../form/choices';
import { beginPath, casePath, navigate, PROGRESS, recordPath } from '../../router';
import type { CaseResource, Data, FormRecord, Me, RecordHead, Schema } from '../../types';
import { useLatest } from '../../ui/latest';
import { PagesEnd, usePages } from '../../ui/pages';
import { Notice } from '../../ui/notice';
import { formatDate, formatMoment, todayInJapan } from '../../wareki';
import { aboutText } from './about/about';
import { FormPapers } from '../../papers/record-papers';
import { choicesOf } from './choices-of';
import { Begin } from './records';
import { SAVED } from './record-pane';
import { TimelineFilter } from './timeline/filter';
import { factKey, factsOf } from './timeline/facts';
import { woven } from './timeline/markers';
import { asksAgencies } from '../../form/shared-with';
import { consenting, sharedWith, sharedWords } from './timeline/shared';
import { headsOf, severalCases, type OfCase } from './timeline/several';
import './timeline/timeline.css';

const VISIT = '02';
const TEXTS = ['facts', 'statements', 'opinion', 'nextAction'] as const;

interface Props {
  readonly resource: CaseResource;
  readonly me: Me;
  /** whether one more is being written */
  readonly writing: boolean;
  readonly onSaved: () => Promise<void>;
}

/** The records of support over time, newest first, and the shortest way to write one more. */
export function Progress({ resource, me, writing, onSaved }: Props) {
  const { caseId } = resource;
  const [forms, setForms] = useState<ReadonlyMap<string, Schema>>(new Map());
  const [choices, setChoices] = useState<Choices>(NO_CHOICES);
  const [news, setNews] = useState<string | null>(null);
  // The list is still the one from before what was just saved.
  const [behind, setBehind] = useState(false);
  const [narrowing, setNarrowing] = useState<Narrowing>({});
  const [others, setOthers] = useState<readonly CaseResource[]>([]);
  const [facts, setFacts] = useState<ReadonlyMap<string, string>>(new Map());
  const cases = useMemo(() => [resource, ...others], [resource, others]);
  const narrowed = Object.values(narrowing).some((value) => value !== '');
  const who = useLatest(me);
  const fetch = useMemo(
    () =>
      severalCases(
        cases.map((one) => one.caseId),
        (of, cursor) => listRecords(of, PROGRESS, cursor, narrowing),
      ),
    [cases, narrowing],
  );
  const load = useCallback(
    async (from: string | null) => {
      const page = await fetch(from);
      const versions = [...new Set(page.items.map((item) => item.formVersion))];
      const schemas = await Promise.all(
        versions.map(async (v) => [v, await formSchema(PROGRESS, v)] as const),
      );
      setForms((had) => new Map([...had, ...schemas]));
      const newest = schemas[0]?.[1];
      if (newest !== undefined) setChoices(await choicesOf(newest, resource, who.current));
      return page;
    },
    [fetch, resource, who],
  );
  const pages = usePages(load);
  const { items, known, error, busy } = pages;

  const lookAtConsents = useCallback(async () => {
    // Whoever cannot be told of the consents still writes: then it is shared with nobody yet.
    const sharing = await getSharing(caseId).catch(() => null);
    return ({ persons }: Choices): Data => {
      const subject = persons?.find(({ preset }) => preset)?.value;
      return sharedWith(sharing === null ? [] : consenting(sharing, who.current, subject));
    };
  }, [caseId, who]);
  const back = () => navigate(casePath(caseId, 'progress'));
  useEffect(() => {
    if (!known || narrowed) return undefined;
    let here = true;
    factsOf(cases).then(
      (found) => here && setFacts(found),
      // Their titles stand without them.
      () => undefined,
    );
    return () => {
      here = false;
    };
  }, [cases, known, narrowed]);
  // What one usually enters is known from what one entered before.
  if (writing && (known || error !== null)) {
    return (
      <Begin
        resource={resource}
        form={PROGRESS}
        me={me}
        known={usual(items, me)}
        look={lookAtConsents}
        arranged={brief}
        focus="facts"
        onSaved={() => {
          setNews(SAVED);
          back();
          // The list follows the case.
          setBehind(true);
          void onSaved().finally(() => setBehind(false));
        }}
        onCancel={back}
      />
    );
  }
  return (
    <>
      {news !== null && <Notice kind="success" title={news} />}
      {(known || error !== null) && (
        <div className="actions no-print">
          {resource.can.addForms.includes(PROGRESS) && (
            <a
              className="button button-solid"
              href={beginPath(caseId, PROGRESS)}
              onClick={() => setNews(null)}
            >
              経過を記録する
            </a>
          )}
          {items.length > 0 && <FormPapers caseId={caseId} form={PROGRESS} />}
        </div>
      )}
      <TimelineFilter
        resource={resource}
        me={me}
        narrowing={narrowing}
        onNarrow={(next) => {
          setNews(null);
          setNarrowing(next);
        }}
        others={others}
        onOthers={setOthers}
      />
      <div role="status">
        {known && items.length === 0 && !behind && !busy && (
          <p className="empty">
            {narrowed
              ? 'この絞り込みで表示できる経過の記録はありません。'
              : '表示できる経過の記録はまだありません。'}
          </p>
        )}
      </div>
      <ol className="timeline" aria-label="支援の経過（新しい順）">
        {woven(items, known && !narrowed ? headsOf(cases) : [], pages.more === null).map((one) =>
          one.kind === 'turn' ? (
            <Turn
              key={`${one.head.caseId} ${one.head.recordId}`}
              head={one.head}
              fact={facts.get(factKey(one.head.caseId, one.head.recordId)) ?? ''}
              named={others.length > 0}
            />
          ) : (
            <Entry
              key={`${one.item.caseId} ${one.item.recordId}`}
              item={one.item}
              named={others.length > 0}
              form={forms.get(one.item.formVersion)}
              choices={choices}
            />
          ),
        )}
      </ol>
      <PagesEnd pages={pages} what="経過を読み込んでいます" />
    </>
  );
}

const BRIEF: readonly string[] = ['facts', 'date', 'method', 'counterpart'];
const SHARED: readonly string[] = ['sharedWith', 'sharedAgencies'];

/** What always has to be written on top, whom it is shared with in one line, all else folded below. */
function brief(offered: Schema): Schema {
  const form = asksAgencies(offered);
  const has = (name: string): boolean => form.properties?.[name] !== undefined;
  const top = { key: 'brief', title: '経過', properties: BRIEF.filter(has) };
  const shared = {
    key: 'shared',
    title: '共有先',
    properties: SHARED.filter(has),
    told: sharedWords(form),
  };
  const names = [...BRIEF, ...SHARED];
  const rest = (form['x-sections'] ?? []).map((section) => ({
    ...section,
    properties: section.properties.filter((name) => !names.includes(name)),
  }));
  return {
    ...form,
    'x-sections': [top, shared, ...rest].filter((s) => s.properties.length > 0),
  };
}

/** What one usually enters: today, the method one used last, with the 本人. */
function usual(items: readonly FormRecord[], me: Me): Data {
  const mine = items.find((item) => item.updatedBy.staffId === me.staffId)?.data ?? {};
  return {
    date: todayInJapan(Date.now()),
    method: mine.method ?? VISIT,
    counterpart: 'subject',
  };
}

/** A turning point of the case, between its records of progress. */
function Turn({
  head,
  fact,
  named,
}: {
  readonly head: OfCase<RecordHead>;
  readonly fact: string;
  readonly named: boolean;
}) {
  return (
    <li className="turn">
      <span>節目</span>
      <a href={recordPath(head.caseId, head.recordId)}>{head.title}</a>
      {fact !== '' && <span>{fact}</span>}
      {named && <span>ケース {head.caseId}</span>}
      <span>{formatMoment(head.createdAt)}</span>
      <span>{head.updatedBy.agencyName}</span>
    </li>
  );
}

interface EntryProps {
  readonly item: OfCase<FormRecord>;
  /** says which case it is of */
  readonly named: boolean;
  readonly form: Schema | undefined;
  readonly choices: Choices;
}

function Entry({ item, named, form, choices }: EntryProps) {
  const said = (name: string): string[] => {
    const property = form?.properties?.[name];
    const value = item.data[name];
    if (form === undefined || typeof property !== 'object' || value === undefined) return [];
    return describe(value, property, form, choices);
  };
  const titleOf = (name: string): string => {
    const property = form?.properties?.[name];
    return (typeof property === 'object' ? property.title : undefined) ?? name;
  };
  const about = aboutText(item.about, choices.persons ?? []);
  const head = [said('method'), said('counterpart'), said('counterpartNote')].flat().join('・');
  return (
    <li className="card">
      <p className="byline">
        <a href={recordPath(item.caseId, item.recordId)}>
          {typeof item.data.date === 'string' ? formatDate(item.data.date) : '日付の記入なし'}
        </a>
        <span>{head}</span>
        {named && <span>ケース {item.caseId}</span>}
        {about !== '' && <span>{about}について</span>}
        <span>
          {item.updatedBy.displayName}（{item.updatedBy.agencyName}）
        </span>
      </p>
      {TEXTS.map((name) => {
        const lines = said(name);
        return lines.length === 0 ? null : (
          <div key={name} className="entry-text">
            {name !== 'facts' && <p className="entry-title">{titleOf(name)}</p>}
            {lines.map((line, at) => (
              <p key={at}>{line}</p>
            ))}
          </div>
        );
      })}
    </li>
  );
}
