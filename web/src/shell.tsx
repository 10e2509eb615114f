import { useState, type ReactNode } from 'react';
import { useRoute } from './router';
import { signOut } from './session';
import { managesAnything, type Me } from './types';
import { useSingle } from './ui/attempt';
import { Button } from './ui/button';
import { Dialog } from './ui/dialog';
import { hasUnsaved } from './unsaved';

interface Props {
  readonly me: Me;
  readonly children: ReactNode;
}

/** Header, entries and the place for one screen. */
export function Shell({ me, children }: Props) {
  const { at } = useRoute();
  const [asking, setAsking] = useState(false);
  const [busy, single] = useSingle();
  const leave = () => void single(signOut);
  const entry = (href: string, here: boolean, title: string) => (
    <a href={href} aria-current={here ? 'page' : undefined}>
      {title}
    </a>
  );
  return (
    <div className="shell">
      <button
        type="button"
        className="skip"
        onClick={() => document.querySelector<HTMLElement>('h1')?.focus()}
      >
        本文へ
      </button>
      <header className="header">
        <p className="brand">
          相談記録<span className="brand-town">{me.municipality.name}</span>
        </p>
        <div className="header-me">
          <p>
            <span className="who">{me.displayName}</span>
            <span className="where">
              {me.agencyName}・{me.roleLabel}
            </span>
          </p>
          <Button busy={busy} onClick={() => (hasUnsaved() ? setAsking(true) : leave())}>
            サインアウト
          </Button>
        </div>
        <nav className="entries" aria-label="主な画面">
          {me.can.listCases && entry('#/today', at === 'today', '今日')}
          {entry('#/', at === 'cases' || at === 'case', 'ケース')}
          {me.can.listCases &&
            entry('#/meetings', ['meetings', 'new-meeting', 'meeting'].includes(at), '会議')}
          {me.can.listCases &&
            entry('#/write', at === 'write' || at === 'new-case' || at === 'books', '記録する')}
          {managesAnything(me) && entry('#/manage', at === 'manage', '管理')}
        </nav>
      </header>
      <main className="main">{children}</main>
      <footer className="footer no-print">
        <a href="#/papers">様式・参考例</a>
      </footer>
      {asking && (
        <Dialog title="保存していない入力があります" onCancel={() => setAsking(false)}>
          <p>まだ保存していません。預けた下書きがあれば、次に「今日」から続きを書けます。</p>
          <div className="actions">
            <Button look="solid" onClick={() => setAsking(false)}>
              編集を続ける
            </Button>
            <Button onClick={leave}>入力を消してサインアウトする</Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
