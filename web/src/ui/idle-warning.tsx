import { useEffect, useState } from 'react';
import { idleLeft } from '../session';

const WARN_MS = 2 * 60_000;
const LOOK_MS = 5_000;

/** Says before the screens are hidden that any key or touch keeps them. */
export function IdleWarning() {
  const [soon, setSoon] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => setSoon((idleLeft() ?? WARN_MS + 1) <= WARN_MS), LOOK_MS);
    const stay = () => setSoon(false);
    window.addEventListener('keydown', stay);
    window.addEventListener('pointerdown', stay);
    return () => {
      clearInterval(timer);
      window.removeEventListener('keydown', stay);
      window.removeEventListener('pointerdown', stay);
    };
  }, []);
  return soon ? (
    <p className="idle-warning" role="alert">
      まもなく画面を隠します。続けるときは、キーを押すか画面に触れてください。入力した内容は残ります。
    </p>
  ) : null;
}
