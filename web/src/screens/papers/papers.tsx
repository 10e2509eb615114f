import { useCallback } from 'react';
import { listPrints } from '../../api';
import { PrintButton } from '../../papers/print-button';
import type { Print } from '../../types';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import '../../papers/papers.css';

/** Forms to fill in by hand, and the texts of the start kit. */
export default function Papers() {
  const [loaded, retry] = useLoad(useCallback(listPrints, []));
  return (
    <>
      <ScreenHeading>様式・参考例</ScreenHeading>
      <Show loaded={loaded} retry={retry}>
        {(prints) => (
          <>
            <Listed
              id="blank"
              title="記入していない様式"
              text="手で書くときに使います。名前などは入っていません。"
              prints={prints.filter((print) => print.blank && !print.sample)}
            />
            <Listed
              id="samples"
              title="参考例"
              text="そのまま使えるものではありません。市町村の例規に合わせて直し、法務や個人情報保護の担当に確かめてください。"
              prints={prints.filter((print) => print.blank && print.sample)}
            />
          </>
        )}
      </Show>
    </>
  );
}

interface ListedProps {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly prints: readonly Print[];
}

function Listed({ id, title, text, prints }: ListedProps) {
  return (
    <section className="section" aria-labelledby={id}>
      <h2 id={id} className="section-title">
        {title}
      </h2>
      <p>{text}</p>
      <ul className="paper-list">
        {prints.map((print) => (
          <li key={print.paper}>
            <span>{print.title}</span>
            <span className="paper-actions">
              <PrintButton print={print} kind="pdf" label="PDF" />
              {print.excel && <PrintButton print={print} kind="xlsx" label="Excel" />}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
