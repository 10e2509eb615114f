import { useCallback, useState, type ReactNode } from 'react';
import { similarCases } from '../../../api';
import { casePath } from '../../../router';
import type { SimilarCases } from '../../../types';
import { Show, useLoad } from '../../../ui/load';
import './similar.css';

/** The form whose writer learns from cases that were like this one. */
const PLAN = 'plan';
const ROOM_BESIDE = '(min-width: 75rem)';

interface Props {
  readonly caseId: string;
  readonly form: string;
  readonly children: ReactNode;
}

/** A plan, and beside it the cases that are like this one; any other form as it is. */
export function BesideSimilar({ caseId, form, children }: Props) {
  if (form !== PLAN) return children;
  return (
    <div className="beside">
      <div className="beside-main">{children}</div>
      <aside className="beside-aside no-print" aria-label="似ているケース">
        <Similar caseId={caseId} />
      </aside>
    </div>
  );
}

/** Looked up when it is opened, which it is at once where there is room: each look is in the trail. */
function Similar({ caseId }: { readonly caseId: string }) {
  const [open, setOpen] = useState(() => window.matchMedia(ROOM_BESIDE).matches);
  const [asked, setAsked] = useState(open);
  return (
    <details
      className="section"
      open={open}
      onToggle={({ currentTarget }) => {
        setOpen(currentTarget.open);
        if (currentTarget.open) setAsked(true);
      }}
    >
      <summary className="section-title">
        <h2>似ているケース</h2>
      </summary>
      {asked && <Found caseId={caseId} />}
    </details>
  );
}

function Found({ caseId }: { readonly caseId: string }) {
  const load = useCallback(() => similarCases(caseId), [caseId]);
  const [loaded, retry] = useLoad(load);
  return (
    <Show loaded={loaded} retry={retry}>
      {(found) => <List found={found} />}
    </Show>
  );
}

function List({ found }: { readonly found: SimilarCases }) {
  if (!found.enough) {
    return (
      <p>
        終わったケースがまだ少ないため、比べていません（{found.closedCasesNeeded}
        件から比べます）。少ないと、どのケースかが分かってしまうためです。
      </p>
    );
  }
  if (found.items.length === 0) {
    return <p>あなたが見られるケースの中に、似ているケースはありません。</p>;
  }
  return (
    <>
      <p className="field-help">
        似ている点の多い順です。あなたが見られるケースだけが並びます。押すと新しいタブで開き、書きかけの文はそのまま残ります。
      </p>
      <ol className="similar-list">
        {found.items.map((one) => (
          <li key={one.caseId} className="card">
            <p>
              <a href={casePath(one.caseId)} target="_blank" rel="noopener noreferrer">
                {one.name ?? one.caseId}
                <span className="visually-hidden">（新しいタブで開きます）</span>
              </a>
              {one.stateLabel && <span className="card-note">{one.stateLabel}</span>}
            </p>
            <p>似ている点（{one.factors.length}）</p>
            <ul>
              {one.factors.map(({ kind, key, text }) => (
                <li key={`${kind} ${key}`}>{text}</li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </>
  );
}
