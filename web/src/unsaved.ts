/** Whether somebody typed something that is not saved yet: asked before anything takes it away. */
import { useEffect, useState } from 'react';
import { setLeaveGuard, type Route } from './router';
import { isLeavingOnPurpose } from './session';

let unsaved = false;
export const hasUnsaved = (): boolean => unsaved;

function beforeUnload(event: BeforeUnloadEvent): void {
  if (unsaved && !isLeavingOnPurpose()) event.preventDefault();
}
window.addEventListener('beforeunload', beforeUnload);

/** All is saved: the screen may change before the next rendering has noticed. */
export function letGo(): void {
  unsaved = false;
  setLeaveGuard(null);
}

/**
 * Holds back a change of screen while `dirty`. Returns how to proceed once the person has agreed,
 * or null while nothing waits.
 */
export function useUnsaved(
  dirty: boolean,
  staysOpen: (next: Route) => boolean,
): readonly [(() => void) | null, () => void] {
  const [waiting, setWaiting] = useState<(() => void) | null>(null);
  useEffect(() => {
    unsaved = dirty;
    setLeaveGuard(
      dirty
        ? (next, proceed) => {
            if (staysOpen(next)) return true;
            setWaiting(() => proceed);
            return false;
          }
        : null,
    );
    return letGo;
  }, [dirty, staysOpen]);
  return [waiting, () => setWaiting(null)];
}
