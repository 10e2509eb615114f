import { useCallback, useEffect, useRef, useState, type PointerEvent } from 'react';
import { beginFile, completeFile, isUsed, listRecords, putPart } from '../../../api';
import type { FormRecord } from '../../../types';
import { useAttemptKey, useSingle } from '../../../ui/attempt';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { Show, useLoad } from '../../../ui/load';
import { Notice } from '../../../ui/notice';
import { Refusal } from '../../../ui/refusal';
import { formatMoment, todayInJapan } from '../../../wareki';

interface Props {
  readonly caseId: string;
  readonly consent: FormRecord;
  readonly onSaved: () => void;
}

/** The signature under a consent: drawn on the tablet, or on paper and then photographed. */
export function Signature({ caseId, consent, onSaved }: Props) {
  const { recordId } = consent;
  const load = useCallback(async () => {
    const [{ items }, draws] = await Promise.all([
      listRecords(caseId, 'attachment', null),
      isUsed('tabletSignature'),
    ]);
    return { files: items.filter(({ data }) => data.attachedTo === recordId), draws };
  }, [caseId, recordId]);
  const [loaded, retry] = useLoad(load);
  const [drawing, setDrawing] = useState(false);
  const [news, setNews] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const keyOf = useAttemptKey();
  const attach = (name: string, content: Blob) =>
    single(async () => {
      setFailure(null);
      try {
        await upload(caseId, consent, name, content, keyOf);
        setDrawing(false);
        setNews('署名を添付しました');
        retry();
        onSaved();
      } catch (error) {
        setFailure(error);
      }
    });
  return (
    <section className="section no-print" aria-labelledby="signature">
      <h2 id="signature" className="section-title">
        署名
      </h2>
      {news !== null && <Notice kind="success" title={news} />}
      <Show loaded={loaded} retry={retry}>
        {({ files }) =>
          files.length === 0 ? (
            <p>添付した署名はまだありません。</p>
          ) : (
            <ul>
              {files.map(({ recordId: id, data, updatedAt }) => (
                <li key={id}>
                  {String(data.name)}（{formatMoment(updatedAt)}に添付）
                </li>
              ))}
            </ul>
          )
        }
      </Show>
      <p>
        紙に署名をもらったときは、控えを印刷して署名をもらい、保管場所を「証跡」に書きます。写しの画像や
        PDF を添付することもできます。
      </p>
      <div className="actions">
        {loaded.state === 'ready' && loaded.value.draws && (
          <Button onClick={() => setDrawing(true)}>画面に署名してもらう</Button>
        )}
        <label className="button button-outline file-button">
          紙の署名の写しを添付する
          <input
            type="file"
            className="visually-hidden"
            accept="image/png,image/jpeg,application/pdf"
            disabled={busy}
            onChange={(event) => {
              const file = event.target.files?.[0];
              event.target.value = '';
              if (file !== undefined) void attach(file.name, file);
            }}
          />
        </label>
      </div>
      {busy && !drawing && <p role="status">添付しています…</p>}
      {failure !== null && !drawing && <Refusal error={failure} />}
      {drawing && (
        <Pad
          busy={busy}
          failure={failure}
          onSigned={(content) => attach(`署名 ${todayInJapan(Date.now())}.png`, content)}
          onClose={() => setDrawing(false)}
        />
      )}
    </section>
  );
}

/** Sends a file of at most a few megabytes and has it attached to the consent. */
async function upload(
  caseId: string,
  consent: FormRecord,
  name: string,
  content: Blob,
  keyOf: (content: unknown) => string,
): Promise<void> {
  const sha256 = hex(await crypto.subtle.digest('SHA-256', await content.arrayBuffer()));
  const body = {
    data: {
      name,
      bytes: content.size,
      sha256,
      class: '2',
      description: '同意の署名',
      date: todayInJapan(Date.now()),
      attachedTo: consent.recordId,
    },
    about: { '': [String(consent.data.personId)] },
  };
  const { uploadId, partBytes, parts } = await beginFile(caseId, body, keyOf(body));
  const going = new AbortController();
  for (let part = 0; part < parts; part += 1) {
    const piece = content.slice(part * partBytes, (part + 1) * partBytes);
    await putPart(uploadId, part + 1, piece, going.signal);
  }
  await completeFile(uploadId, []);
}

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

interface PadProps {
  readonly busy: boolean;
  readonly failure: unknown;
  readonly onSigned: (content: Blob) => Promise<void>;
  readonly onClose: () => void;
}

const SIZE = { width: 900, height: 300 };

/** A place to draw one's name with a finger, a pen or a mouse. */
function Pad({ busy, failure, onSigned, onClose }: PadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [signed, setSigned] = useState(false);
  const [hint, setHint] = useState(false);
  const clear = () => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    // White, not transparent: the picture is printed and looked at on any ground.
    context.fillStyle = 'white';
    context.fillRect(0, 0, SIZE.width, SIZE.height);
    setSigned(false);
  };
  useEffect(clear, []);
  const draw = (event: PointerEvent<HTMLCanvasElement>) => {
    const { currentTarget: pad, clientX, clientY } = event;
    const context = pad.getContext('2d');
    if (context === null || event.buttons === 0) return;
    const box = pad.getBoundingClientRect();
    const x = ((clientX - box.left) * SIZE.width) / box.width;
    const y = ((clientY - box.top) * SIZE.height) / box.height;
    if (event.type === 'pointerdown') {
      pad.setPointerCapture(event.pointerId);
      context.lineWidth = 4;
      context.lineCap = 'round';
      context.strokeStyle = 'black';
      context.beginPath();
      context.moveTo(x, y);
    }
    context.lineTo(x, y);
    context.stroke();
    setSigned(true);
  };
  const save = () => {
    setHint(!signed);
    if (!signed) return;
    canvas.current?.toBlob((content) => content !== null && void onSigned(content), 'image/png');
  };
  return (
    <Dialog title="ここに署名してください" onCancel={onClose} opaque wide>
      <canvas
        ref={canvas}
        className="signature"
        width={SIZE.width}
        height={SIZE.height}
        role="img"
        aria-label="署名を書くところ。画面に書けないときは、閉じて、紙に署名した写しを添付してください。"
        onPointerDown={draw}
        onPointerMove={draw}
      />
      <p>
        画面に書けないときは、紙に署名し、その写しを添付できます。署名が難しいときは、口頭の同意として記録できます。
      </p>
      {hint && (
        <p className="field-error" role="alert">
          まだ何も書かれていません。
        </p>
      )}
      {failure !== null && <Refusal error={failure} />}
      <div className="actions">
        <Button look="solid" busy={busy} onClick={save}>
          この署名を添付する
        </Button>
        <Button onClick={clear}>書き直す</Button>
        <Button onClick={onClose}>閉じる</Button>
      </div>
    </Dialog>
  );
}
