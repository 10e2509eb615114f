import { Button } from './button';
import { Dialog } from './dialog';

interface Props {
  readonly onStay: () => void;
  /** null where the text is kept nowhere but here */
  readonly onKeep?: (() => void) | null;
  readonly onDiscard: () => void;
}

/** Asked before something that was typed and not saved goes. */
export function Discard({ onStay, onKeep = null, onDiscard }: Props) {
  return (
    <Dialog title="保存していない入力があります" onCancel={onStay}>
      <p>
        {onKeep === null
          ? 'このまま離れると、入力した内容は消えます。'
          : '下書きを残すと、「今日」から続きを書けます。あなただけに見え、しばらくたつと消えます。'}
      </p>
      <div className="actions">
        <Button look="solid" onClick={onStay}>
          編集を続ける
        </Button>
        {onKeep !== null && <Button onClick={onKeep}>下書きを残して離れる</Button>}
        <Button onClick={onDiscard}>入力を消して離れる</Button>
      </div>
    </Dialog>
  );
}
