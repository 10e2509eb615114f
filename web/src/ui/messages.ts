import { Problem, Unreachable } from '../http';

export interface Message {
  readonly title: string;
  readonly text: string;
}

function waitText(seconds: number | null): string {
  if (seconds === null) return 'しばらく待ってから、もう一度お試しください。';
  const wait = seconds < 60 ? `${seconds}秒` : `${Math.ceil(seconds / 60)}分`;
  return `${wait}ほど待ってから、もう一度お試しください。`;
}

/** What happened and what to do next, in words for the person at the screen. */
export function explain(error: unknown): Message {
  if (error instanceof Unreachable) {
    return navigator.onLine
      ? {
          title: 'サーバーにつながりません',
          text: '通信の状態を確かめ、しばらく待ってから、もう一度お試しください。',
        }
      : {
          title: 'ネットワークにつながっていません',
          text: '端末の通信を確かめてから、もう一度お試しください。',
        };
  }
  if (!(error instanceof Problem)) {
    return {
      title: '思わぬ誤りが起きました',
      text: '画面を読み込み直して、もう一度お試しください。',
    };
  }
  if (error.status === 404) return { title: '表示できる記録がありません', text: '' };
  if (error.status === 429) {
    return { title: '操作が続いたため、受け付けを止めています', text: waitText(error.retryAfter) };
  }
  if (error.slug === 'outcome-unknown') {
    return {
      title: '応答がありませんでした',
      text: 'もう一度お試しください。同じ内容が二重に保存されることはありません。',
    };
  }
  if (error.status >= 500) {
    const receipt = error.requestId === '' ? '' : `受付番号：${error.requestId}`;
    return { title: 'いまは処理できません', text: `${waitText(error.retryAfter)}${receipt}` };
  }
  // Turned away on the way, where nobody knows our words.
  if (error.status === 413 && error.title === '') {
    return {
      title: '内容が大きすぎます',
      text: '長い文章は、いくつかの記録に分けて保存してください。',
    };
  }
  return {
    title: error.title === '' ? '処理できませんでした' : error.title,
    text: error.detail === '' ? 'もう一度お試しください。' : error.detail,
  };
}
