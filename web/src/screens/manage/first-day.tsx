import { useCallback, useEffect, useRef, useState } from 'react';
import { managePath } from '../../router';
import { useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { Failure, useLoad } from '../../ui/load';
import { dismissFirstDay, firstDay } from './api';

const STEPS: Readonly<Record<string, { title: string; help: string; href: string }>> = {
  agencies: {
    title: '一緒に支援する機関を登録する',
    help: '社会福祉協議会、地域包括支援センターなど。後から足せます。',
    href: managePath('agencies'),
  },
  contract: {
    title: '委託契約の期間を登録する',
    help: '期間を登録するまで、受託者には何も見えません。',
    href: managePath('agencies'),
  },
  'second-manager': {
    title: '二人目の管理者を登録する',
    help: '認証アプリをなくしたとき、もう一人がいれば再発行できます。',
    href: managePath('staff'),
  },
  staff: {
    title: '職員を招待する',
    help: '登録の控えを印刷して、本人に渡します。',
    href: managePath('staff'),
  },
  settings: {
    title: '設定を確かめて保存する',
    help: '会議の呼び名と期限だけでも見てください。そのままでもよければ、保存します。',
    href: managePath('settings'),
  },
  'first-case': {
    title: '最初の相談を受け付ける',
    help: '練習なら、架空の名前で書いてください。',
    href: '#/cases/new',
  },
};

/** From the first sign-in to the first case. What is done is seen in the data. */
export function FirstDayGuide() {
  const load = useCallback(firstDay, []);
  const [loaded, retry] = useLoad(load);
  const [closed, setClosed] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const key = useRef(crypto.randomUUID());
  const news = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (closed) news.current?.focus();
  }, [closed]);

  if (closed) {
    return (
      <p ref={news} tabIndex={-1} role="status">
        はじめの案内を閉じました。
      </p>
    );
  }
  if (loaded.state === 'loading') return null;
  if (loaded.state === 'failed') return <Failure error={loaded.error} retry={retry} />;
  const { steps, dismissed } = loaded.value;
  const open = steps.filter(({ done }) => !done);
  if (dismissed || open.length === 0) return null;
  const next = open[0]?.step;
  return (
    <section className="section first-day" aria-labelledby="first-day">
      <h2 id="first-day" className="section-title">
        はじめの一日
      </h2>
      <p>
        {steps.length}つのうち{steps.length - open.length}
        つが済んでいます。登録したことから、済んだかどうかが分かります。
      </p>
      {failure !== null && <Failure error={failure} />}
      <ol className="first-day-steps">
        {steps.map(({ step, done }) => {
          const told = STEPS[step];
          return (
            told !== undefined && (
              <li key={step} aria-current={step === next ? 'step' : undefined}>
                <span className={done ? 'step-mark step-done' : 'step-mark'}>
                  {done ? '済み' : 'これから'}
                </span>
                <span>
                  <a href={told.href}>{told.title}</a>
                  {!done && <span className="field-help">{told.help}</span>}
                </span>
              </li>
            )
          );
        })}
      </ol>
      <Button
        busy={busy}
        onClick={() =>
          void single(async () => {
            setFailure(null);
            try {
              await dismissFirstDay(key.current);
              setClosed(true);
            } catch (error) {
              setFailure(error);
            }
          })
        }
      >
        この案内を閉じる
      </Button>
    </section>
  );
}
