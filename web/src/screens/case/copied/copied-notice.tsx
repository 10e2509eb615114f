import { Button } from '../../../ui/button';
import { Notice } from '../../../ui/notice';
import './copied.css';

interface Props {
  readonly count: number;
  readonly onConfirm: () => void;
}

/** How much of what was copied still waits for a look, and the one click that confirms all of it. */
export function CopiedNotice({ count, onConfirm }: Props) {
  return (
    <Notice kind="info" title={`前回から写したままで、まだ確かめていない欄が${count}あります`}>
      <p>
        欄ごとに、いまも同じかを確かめてください。違うところは書き直します。確かめるまで保存できません。
      </p>
      <Button onClick={onConfirm}>すべて確かめた（このままでよい）</Button>
    </Notice>
  );
}
