import { useState } from 'react';
import { printPaper } from '../api';
import { Problem, type FieldProblem } from '../http';
import type { Print } from '../types';
import { useSingle } from '../ui/attempt';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { explain } from '../ui/messages';
import { Copies } from './copies';
import { saveFile, type Kind } from './save-file';

interface Props {
  readonly print: Print;
  readonly kind: Kind;
  /** of what; nothing for a form to fill in by hand */
  readonly query?: Readonly<Record<string, string>>;
  /** before the name of the paper in the name of the file: a case number */
  readonly prefix?: string;
  readonly label: string;
  /** said aloud in place of the paper's title, where one of several is meant */
  readonly spoken?: string;
}

/** Fetches a paper and hands it to the browser. What stops it is said beside the button. */
export function PrintButton(props: Props) {
  const { print, kind, query = {}, prefix = '', label, spoken = print.title } = props;
  const [busy, single] = useSingle();
  const [error, setError] = useState<unknown>(null);
  const [missing, setMissing] = useState<readonly FieldProblem[]>([]);
  const [asking, setAsking] = useState(false);

  const fetchIt = (more: Readonly<Record<string, string>> = {}) =>
    single(async () => {
      setError(null);
      setMissing([]);
      setAsking(false);
      try {
        const content = await printPaper(print.paper, { ...query, ...more, as: kind });
        saveFile(content, `${prefix}${print.paper}`, kind);
      } catch (stopped) {
        if (stopped instanceof Problem && stopped.slug === 'glyph-missing') {
          setMissing(stopped.errors);
        } else setError(stopped);
      }
    });
  const said = error === null ? null : explain(error);
  return (
    <>
      <Button
        busy={busy}
        aria-label={`${spoken}：${label}`}
        onClick={() => (print.copies && 'case' in query ? setAsking(true) : void fetchIt())}
      >
        {label}
      </Button>
      {said !== null && (
        <p role="alert" className="paper-error">
          {said.title}
          {said.text !== '' && `。${said.text}`}
        </p>
      )}
      {asking && (
        <Copies
          onCancel={() => setAsking(false)}
          onChosen={(copies) => void fetchIt({ copies: String(copies) })}
        />
      )}
      {missing.length > 0 && (
        <Dialog title="印刷できない文字があります" onCancel={() => setMissing([])}>
          <ul>
            {missing.map(({ message }) => (
              <li key={message}>{message}</li>
            ))}
          </ul>
          <p>その文字の代わりに番号（〔U+…〕）を記して印刷できます。紙に手書きで補ってください。</p>
          <div className="actions">
            <Button look="solid" onClick={() => void fetchIt({ unprintable: 'notation' })}>
              番号を記して印刷する
            </Button>
            <Button onClick={() => setMissing([])}>やめる</Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
