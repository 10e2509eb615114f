import { Component, type ReactNode } from 'react';
import { Button } from './button';
import { Notice } from './notice';

interface State {
  readonly broken: boolean;
}

/** Part of the page could not be fetched or drawn: says so instead of showing nothing. */
export class Boundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { broken: false };

  static getDerivedStateFromError(): State {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <main className="alone">
        <Notice kind="error" title="画面を読み込めませんでした">
          <p>通信の状態を確かめてから、読み込み直してください。</p>
          <Button onClick={() => window.location.reload()}>読み込み直す</Button>
        </Notice>
      </main>
    );
  }
}
