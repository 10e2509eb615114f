import { useCallback, type ReactNode } from 'react';
import { townSettings } from '../../api';
import { managePath } from '../../router';
import type { Me } from '../../types';
import { ScreenHeading } from '../../ui/heading';
import { useLoad } from '../../ui/load';
import { FirstDayGuide } from './first-day';
import { partsOf, type Part } from './parts';

interface Props {
  readonly me: Me;
  readonly nowhere: ReactNode;
}

/** What there is to manage. A small town finds what it seldom needs folded away. */
export default function Overview({ me, nowhere }: Props) {
  const load = useCallback(townSettings, []);
  const [settings] = useLoad(load);
  const parts = partsOf(me);
  if (parts.length === 0) return nowhere;
  const ready = settings.state === 'ready' ? settings.value : null;
  const small = ready?.document.preset === 'minimal' && me.can.manageStaff;
  const shown = parts.filter(
    // Where the town has not turned it on, there is nothing to review.
    ({ part }) => part !== 'emergencies' || ready?.switches.emergencyAccess !== false,
  );
  const often = small ? shown.filter(({ seldom }) => seldom !== true) : shown;
  const seldom = small ? shown.filter((part) => part.seldom === true) : [];
  return (
    <>
      <ScreenHeading>管理</ScreenHeading>
      {me.can.manageStaff && <FirstDayGuide />}
      <PartLinks parts={often} />
      {seldom.length > 0 && (
        <details className="plain-details">
          <summary>必要になったときに使うもの</summary>
          <PartLinks parts={seldom} />
        </details>
      )}
    </>
  );
}

const PartLinks = ({ parts }: { readonly parts: readonly Part[] }) => (
  <ul className="part-links">
    {parts.map(({ part, title, help }) => (
      <li key={part}>
        <a href={managePath(part)}>{title}</a>
        <p>{help}</p>
      </li>
    ))}
  </ul>
);
