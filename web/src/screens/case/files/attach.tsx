import { useId, useRef, useState, type FormEvent } from 'react';
import type { Choice } from '../../../form/choices';
import type { Problem } from '../../../http';
import type { FormRecord } from '../../../types';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { TextField } from '../../../ui/field';
import { Failure } from '../../../ui/load';
import { Notice } from '../../../ui/notice';
import { useUnsaved } from '../../../unsaved';
import { About } from '../about/about';
import { refusal, sizeText, stretch, TAKEN } from './parts';
import { suspectedAt, useUpload, type Declared } from './use-upload';

/** The data class of records of progress: who sees such a file is chosen by its writer. */
const PROGRESS = '4';

interface Props {
  readonly caseId: string;
  readonly people: readonly Choice[];
  readonly classes: readonly Choice[];
  readonly sharing: readonly Choice[];
  readonly onAttached: (record: FormRecord) => void;
}

/** Attaching a file: what it is and whom it is about first, then its parts, then the judgement. */
export function Attach({ caseId, people, classes, sharing, onAttached }: Props) {
  const subject = people.filter(({ preset }) => preset).map(({ value }) => value);
  const [file, setFile] = useState<File | null>(null);
  const [dataClass, setClass] = useState('');
  const [sharedWith, setShared] = useState('own');
  const [description, setDescription] = useState('');
  const [about, setAbout] = useState<readonly string[]>(subject);
  const [asked, setAsked] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const upload = useUpload(caseId, (record) => {
    setFile(null);
    setClass('');
    setDescription('');
    setAbout(subject);
    setAsked(false);
    if (input.current !== null) input.current.value = '';
    onAttached(record);
  });
  const { state } = upload;

  const wrong = {
    file: file === null ? 'ファイルを選んでください。' : refusal(file.name, file.size),
    dataClass: dataClass === '' ? '情報の区分を選んでください。' : null,
  };
  const declared = (): Declared => ({
    data: {
      class: dataClass,
      ...(description.trim() === '' ? {} : { description }),
      ...(dataClass === PROGRESS ? { sharedWith } : {}),
    },
    ...(people.length > 1 ? { about: { '': about } } : {}),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (file === null || wrong.file !== null) input.current?.focus();
    else if (wrong.dataClass !== null) {
      document.getElementById(`${id}-class`)?.querySelector('input')?.focus();
    } else void upload.start(file, declared());
  };

  if (state.at !== 'idle' && state.at !== 'refused' && file !== null) {
    return (
      <>
        <OnItsWay
          upload={upload}
          file={file}
          again={(statements) => void upload.start(file, declared(), statements)}
        />
        <Leaving onLeave={upload.forget} />
      </>
    );
  }
  const fault = (name: keyof typeof wrong) =>
    asked && wrong[name] !== null ? (
      <p className="field-error" id={`${id}-${name}-error`}>
        {wrong[name]}
      </p>
    ) : null;
  return (
    <form className="attach" onSubmit={submit} noValidate>
      {state.at === 'refused' && <Refused why={state.why} />}
      <div className="field">
        <label className="field-label" htmlFor={`${id}-file`}>
          ファイル<span className="required">必須</span>
        </label>
        <p className="field-help" id={`${id}-file-help`}>
          PDF、画像（PNG・JPEG）、docx・xlsx・pptx。20
          MBまで。写真や画像の中の個人番号と住所は見つけられません。先に目で確かめてください。
        </p>
        {fault('file')}
        <input
          ref={input}
          id={`${id}-file`}
          className="input"
          type="file"
          accept={TAKEN.map((ending) => `.${ending}`).join()}
          aria-required
          aria-invalid={(asked && wrong.file !== null) || undefined}
          aria-describedby={`${id}-file-help ${id}-file-error`}
          onChange={(event) => {
            setFile(event.target.files?.[0] ?? null);
            setAsked(event.target.files?.[0] !== undefined && asked);
          }}
        />
      </div>
      <fieldset className="field" id={`${id}-class`}>
        <legend className="field-label">
          情報の区分<span className="required">必須</span>
        </legend>
        <p className="field-help">ファイル全体を、この区分の情報として扱います。</p>
        {fault('dataClass')}
        <div className="choices">
          {classes.map(({ value, label }) => (
            <label key={value} className="choice">
              <input
                type="radio"
                name={`${id}-class`}
                value={value}
                checked={dataClass === value}
                onChange={() => setClass(value)}
              />
              <span>{label}</span>
            </label>
          ))}
        </div>
      </fieldset>
      {dataClass === PROGRESS && (
        <fieldset className="field">
          <legend className="field-label">共有範囲</legend>
          <div className="choices">
            {sharing.map(({ value, label }) => (
              <label key={value} className="choice">
                <input
                  type="radio"
                  name={`${id}-shared`}
                  value={value}
                  checked={sharedWith === value}
                  onChange={() => setShared(value)}
                />
                <span>{label}</span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
      {people.length > 1 && <About people={people} value={about} onChange={setAbout} />}
      <TextField
        label="説明"
        help="何のファイルか、一言で。"
        maxLength={1000}
        value={description}
        onChange={setDescription}
      />
      <div className="actions">
        <Button type="submit" look="solid">
          添付する
        </Button>
      </div>
    </form>
  );
}

function Refused({ why }: { readonly why: Problem }) {
  return (
    <Notice kind="error" title={why.title}>
      {why.errors.length === 0 ? (
        <p>{why.detail}</p>
      ) : (
        why.errors.map(({ pointer, message }, at) => <p key={`${pointer} ${at}`}>{message}</p>)
      )}
    </Notice>
  );
}

const never = () => false;

/** A file that is on its way is not left behind unasked. */
function Leaving({ onLeave }: { readonly onLeave: () => void }) {
  const [leaving, stay] = useUnsaved(true, never);
  if (leaving === null) return null;
  return (
    <Dialog title="ファイルをまだ添付し終えていません" onCancel={stay}>
      <p>このまま離れると、このファイルは添付されません。</p>
      <div className="actions">
        <Button look="solid" onClick={stay}>
          ここに残る
        </Button>
        <Button
          onClick={() => {
            onLeave();
            leaving();
          }}
        >
          添付をやめて離れる
        </Button>
      </div>
    </Dialog>
  );
}

interface OnItsWayProps {
  readonly upload: ReturnType<typeof useUpload>;
  readonly file: File;
  readonly again: (statements: Parameters<ReturnType<typeof useUpload>['judge']>[0]) => void;
}

function OnItsWay({ upload, file, again }: OnItsWayProps) {
  const { state } = upload;
  const retry = () => (upload.isThere() ? void upload.goOn() : again([]));
  switch (state.at) {
    case 'sending': {
      const [sent] = stretch(state.sent + 1, file.size / state.parts, file.size);
      const text = `${file.name}：${sizeText(sent)} / ${sizeText(file.size)}（${state.parts}つのうち${state.sent}つを送りました）`;
      return (
        <div className="attach">
          <p role="status">{text}</p>
          <progress aria-label="送った量" max={state.parts} value={state.sent} />
          <div className="actions">
            <Button onClick={upload.stop}>送るのを止める</Button>
          </div>
        </div>
      );
    }
    case 'judging':
      return (
        <div className="attach">
          <p role="status">{file.name}：送り終えました。中身を検査しています…</p>
        </div>
      );
    case 'stopped':
      return (
        <div className="attach">
          {state.why === null ? (
            <p role="status">
              送るのを止めました（{state.parts}つのうち{state.sent}つを送りました）。
            </p>
          ) : (
            <Failure error={state.why} />
          )}
          <div className="actions">
            <Button look="solid" onClick={retry}>
              {state.sent > 0 ? '続きから送る' : 'もう一度送る'}
            </Button>
            <Button onClick={upload.forget}>やめる</Button>
          </div>
        </div>
      );
    case 'quarantined':
      return (
        <Notice kind="warning" title="検査が終わっていません">
          <p role="status">
            {file.name}
            は隔離してあり、だれにも見えません。少し待ってから、もう一度確かめてください。1日たつと消えます。
          </p>
          <div className="actions">
            <Button look="solid" onClick={() => void upload.judge()}>
              もう一度確かめる
            </Button>
            <Button onClick={upload.forget}>やめる</Button>
          </div>
        </Notice>
      );
    case 'suspected':
      return <Suspected upload={upload} why={state.why} again={again} />;
    default:
      return null;
  }
}

interface SuspectedProps extends Pick<OnItsWayProps, 'upload' | 'again'> {
  readonly why: Problem;
}

function Suspected({ upload, why, again }: SuspectedProps) {
  const [reason, setReason] = useState('');
  const [asked, setAsked] = useState(false);
  const missing = reason.trim() === '';
  const state = () => {
    setAsked(true);
    if (missing) return;
    const statements = suspectedAt(why).map((pointer) => ({ pointer, reason }));
    if (upload.isThere()) void upload.judge(statements);
    else again(statements);
  };
  return (
    <Notice
      kind="error"
      announced={false}
      title="個人番号（マイナンバー）と思われる12桁の数字があるため、添付していません"
    >
      {why.errors.map(({ message }, at) => (
        <p key={at}>{message}</p>
      ))}
      <p>個人番号なら、ファイルから消して添付し直してください。</p>
      <TextField
        label="個人番号ではない理由"
        maxLength={200}
        value={reason}
        error={asked && missing ? '理由を記入してください。' : undefined}
        onChange={setReason}
      />
      <div className="actions">
        <Button onClick={state}>個人番号ではないので添付する</Button>
        <Button onClick={upload.forget}>やめる</Button>
      </div>
    </Notice>
  );
}
