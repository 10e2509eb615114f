import { lazy, type ReactNode } from 'react';
import type { Route } from '../../router';
import type { Me } from '../../types';
import { PARTS } from './parts';
import Overview from './overview';
import './manage.css';

const Staff = lazy(() => import('./staff'));
const Agencies = lazy(() => import('./agencies'));
const April = lazy(() => import('./april'));
const Stocktaking = lazy(() => import('./stocktaking'));
const SettingsScreen = lazy(() => import('./settings'));
const Statistics = lazy(() => import('./statistics'));
const Ledger = lazy(() => import('./ledger'));
const Disclosures = lazy(() => import('./disclosures'));
const DisclosureRequest = lazy(() => import('./disclosure-request'));
const Masking = lazy(() => import('./masking'));
const Retention = lazy(() => import('./retention'));
const Incident = lazy(() => import('./incident'));
const Emergencies = lazy(() => import('./emergencies'));
const Matrix = lazy(() => import('./matrix'));

interface Props {
  readonly me: Me;
  readonly route: Extract<Route, { at: 'manage' }>;
  /** what is shown where there is no such place, or none for this person */
  readonly nowhere: ReactNode;
}

export default function Manage({ me, route, nowhere }: Props) {
  if (route.part === undefined) return <Overview me={me} nowhere={nowhere} />;
  const part = PARTS.find((one) => one.part === route.part);
  if (part === undefined || !part.may(me.can)) return nowhere;
  if (route.id !== undefined && part.part !== 'disclosure') return nowhere;
  return (
    <>
      <nav aria-label="現在の場所" className="no-print">
        <a href="#/manage">管理</a>
        {route.id !== undefined && (
          <>
            {' ＞ '}
            <a href={`#/manage/${part.part}`}>{part.title}</a>
          </>
        )}
      </nav>
      <PartScreen me={me} route={route} />
    </>
  );
}

function PartScreen({ me, route: { part, id, caseId } }: Omit<Props, 'nowhere'>) {
  switch (part) {
    case 'staff':
      return <Staff me={me} />;
    case 'agencies':
      return <Agencies />;
    case 'april':
      return <April />;
    case 'stocktaking':
      return <Stocktaking me={me} />;
    case 'settings':
      return <SettingsScreen />;
    case 'statistics':
      return <Statistics me={me} />;
    case 'ledger':
      return <Ledger />;
    case 'disclosure':
      if (id === undefined) return <Disclosures />;
      if (caseId === undefined) return <DisclosureRequest key={id} me={me} entryId={id} />;
      return <Masking key={`${id} ${caseId}`} requestId={id} caseId={caseId} />;
    case 'retention':
      return <Retention me={me} />;
    case 'incident':
      return <Incident me={me} />;
    case 'emergencies':
      return <Emergencies me={me} />;
    default:
      return <Matrix />;
  }
}
