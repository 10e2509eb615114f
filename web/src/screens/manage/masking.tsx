import { useCallback, useMemo, useRef, useState } from 'react';
import { codeLabels } from '../../api';
import { Problem } from '../../http';
import { OnePaper } from '../../papers/one-paper';
import { managePath } from '../../router';
import { Button } from '../../ui/button';
import { SelectField, type Option } from '../../ui/entry';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { Refused, useSubmit } from '../../ui/submit';
import { useUnsaved } from '../../unsaved';
import {
  putMasks,
  readExtract,
  readProposal,
  type Extract,
  type Mask,
  type Passage,
  type Proposal,
} from './api';
import { Discard } from '../../ui/discard';
import { codePoints, lengthOf, partOf, rendered, withMask } from './masks';

interface Props {
  readonly requestId: string;
  readonly caseId: string;
}

const never = () => false;

/** What does not leave, passage by passage, each mask with the ground it rests on. */
export default function Masking({ requestId, caseId }: Props) {
  const load = useCallback(
    async () => ({
      proposal: await readProposal(requestId, caseId),
      grounds: [...(await codeLabels('disclosure-ground'))].map(([value, label]) => ({
        value,
        label,
      })),
    }),
    [requestId, caseId],
  );
  const [loaded, reload] = useLoad(load);
  return (
    <>
      <ScreenHeading>墨塗りを決める</ScreenHeading>
      <p>
        ケース番号：{caseId}
        。はじめの墨塗りは案です。根拠は個人情報保護法78条1項の各号（要確認）で、決めるのは職員です。墨塗りの下の文字は、写しには入りません。
      </p>
      <Show loaded={loaded} retry={reload}>
        {({ proposal, grounds }) => (
          <Decide
            key={proposal.revision}
            requestId={requestId}
            caseId={caseId}
            proposal={proposal}
            grounds={grounds}
            onReload={reload}
          />
        )}
      </Show>
    </>
  );
}

interface DecideProps extends Props {
  readonly proposal: Proposal;
  readonly grounds: readonly Option[];
  readonly onReload: () => void;
}

const keyOf = ({ recordId, pointer }: Passage): string => `${recordId}${pointer}`;

function Decide({ requestId, caseId, proposal, grounds, onReload }: DecideProps) {
  const [passages, setPassages] = useState(proposal.passages);
  const [kept, setKept] = useState(proposal);
  const [news, setNews] = useState(false);
  const [stale, setStale] = useState(false);
  const [extract, setExtract] = useState<Extract | null>(null);
  const submit = useSubmit();
  const dirty = passages !== kept.passages;
  const [leaving, stay] = useUnsaved(dirty, never);
  const records = useMemo(() => grouped(passages), [passages]);

  const change = (passage: Passage, masks: readonly Mask[]) => {
    setNews(false);
    setExtract(null);
    setPassages(passages.map((one) => (one === passage ? { ...one, masks } : one)));
  };
  const save = () =>
    submit.run(async () => {
      try {
        const saved = await putMasks(requestId, caseId, kept.revision, passages);
        setKept(saved);
        setPassages(saved.passages);
        setNews(true);
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 412) throw error;
        setStale(true);
      }
    });
  const preview = () => submit.run(async () => setExtract(await readExtract(requestId, caseId)));

  if (passages.length === 0) return <p className="empty">この人についての文章はありません。</p>;
  return (
    <>
      {news && <Notice kind="success" title="開示しない部分を決めました" />}
      {stale && (
        <Notice kind="warning" title="ほかの人が先に墨塗りを決めました">
          <p>相手が決めたものを見てから、もう一度決めてください。</p>
          <Button onClick={onReload}>相手の墨塗りを表示する（ここで決めたことは消えます）</Button>
        </Notice>
      )}
      {records.map(([recordId, title, own]) => (
        <section key={recordId} className="section" aria-labelledby={`of-${recordId}`}>
          <h2 id={`of-${recordId}`} className="section-title">
            {title}
          </h2>
          {own.map((passage) => (
            <OnePassage
              key={keyOf(passage)}
              passage={passage}
              grounds={grounds}
              onChange={(masks) => change(passage, masks)}
            />
          ))}
        </section>
      ))}
      <div className="save-bar">
        <Refused submit={submit} />
        <div className="actions">
          <Button look="solid" busy={submit.busy} onClick={save}>
            この墨塗りに決める
          </Button>
          <Button busy={submit.busy} onClick={preview}>
            決めた写しを見る
          </Button>
          <a href={managePath('disclosure', requestId)}>請求に戻る</a>
          <span className="save-state">{dirty ? '決めていない変更があります' : ''}</span>
        </div>
      </div>
      {extract !== null && <Copy requestId={requestId} caseId={caseId} extract={extract} />}
      {leaving !== null && <Discard onStay={stay} onDiscard={leaving} />}
    </>
  );
}

type Grouped = readonly (readonly [string, string, readonly Passage[]])[];

function grouped(passages: readonly Passage[]): Grouped {
  const found = new Map<string, Passage[]>();
  for (const one of passages) {
    found.set(one.recordId, [...(found.get(one.recordId) ?? []), one]);
  }
  return [...found].map(([recordId, own]) => [recordId, own[0]?.formTitle ?? '', own] as const);
}

interface PassageProps {
  readonly passage: Passage;
  readonly grounds: readonly Option[];
  readonly onChange: (masks: readonly Mask[]) => void;
}

function OnePassage({ passage, grounds, onChange }: PassageProps) {
  const { text, title, masks } = passage;
  const [ground, setGround] = useState(grounds[1]?.value ?? '');
  const [hint, setHint] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const id = `text-${passage.recordId}${passage.pointer}`;

  const add = (start: number, end: number) => {
    setHint(null);
    onChange(withMask(masks, { start, end, ground }));
  };
  const addChosen = () => {
    const { selectionStart, selectionEnd } = field.current ?? {};
    if (
      selectionStart === undefined ||
      selectionEnd === undefined ||
      selectionStart === selectionEnd
    ) {
      setHint('墨塗りにする文字を、上の欄で選んでください（キーボードでは Shift と矢印）。');
      return;
    }
    add(codePoints(text, selectionStart), codePoints(text, selectionEnd));
  };
  return (
    <div className="passage" role="group" aria-label={title}>
      <label className="field-label" htmlFor={id}>
        {title}
      </label>
      <textarea
        ref={field}
        id={id}
        className="input masked-text"
        readOnly
        value={text}
        aria-describedby={hint === null ? undefined : `${id}-hint`}
      />
      {hint !== null && (
        <p id={`${id}-hint`} className="field-error" role="alert">
          {hint}
        </p>
      )}
      <div className="mask-new">
        <SelectField
          label="新しい墨塗りの根拠"
          value={ground}
          options={grounds}
          onChange={setGround}
        />
        <div className="actions">
          <Button onClick={addChosen}>選んだ文字を墨塗りにする</Button>
          <Button onClick={() => add(0, lengthOf(text))}>全部を墨塗りにする</Button>
        </div>
      </div>
      {masks.length > 0 && (
        <>
          <ul className="mask-list" aria-label={`${title}の墨塗り`}>
            {masks.map((mask) => (
              <li key={mask.start}>
                <SelectField
                  label={`「${partOf(text, mask)}」の根拠`}
                  value={mask.ground}
                  options={grounds}
                  onChange={(value) =>
                    onChange(masks.map((one) => (one === mask ? { ...mask, ground: value } : one)))
                  }
                />
                <Button
                  aria-label={`「${partOf(text, mask)}」の墨塗りをやめる`}
                  onClick={() => onChange(masks.filter((one) => one !== mask))}
                >
                  やめる
                </Button>
              </li>
            ))}
          </ul>
          <p className="masked">
            <span className="visually-hidden">開示する文：</span>
            {rendered(text, masks)}
          </p>
        </>
      )}
    </div>
  );
}

function Copy({ requestId, caseId, extract }: Props & { readonly extract: Extract }) {
  return (
    <section className="section slip" aria-labelledby="copy">
      <h2 id="copy">開示する写し</h2>
      {extract.items.map(({ form, title, text, grounds }, at) => (
        // Two records may hold the same words; their order does not change.
        <div key={at}>
          <h3>
            {form}：{title}
          </h3>
          <p className="masked">{text}</p>
          {grounds.length > 0 && <p>開示しない根拠：{grounds.join('、')}</p>}
        </div>
      ))}
      <div className="actions no-print">
        <OnePaper
          paper="disclosure-copy"
          query={{ request: requestId, case: caseId }}
          prefix={`${caseId}-`}
          label="写し（PDF）"
        />
      </div>
    </section>
  );
}
