import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from 'react';
import { useRoute, type Route } from './router';
import { Cases } from './screens/cases';
import { SignInAgain } from './screens/sign-in/again';
import { SignIn } from './screens/sign-in/sign-in';
import { Shell } from './shell';
import { currentSession, onSessionChange, start } from './session';
import type { Me } from './types';
import { ScreenHeading } from './ui/heading';
import { IdleWarning } from './ui/idle-warning';
import { Failure, Loading } from './ui/load';
import { Unreachable } from './http';

const Case = lazy(() => import('./screens/case/case'));
const CaseAudit = lazy(() => import('./screens/case/case-audit'));
const Today = lazy(() => import('./screens/today'));
const Write = lazy(() => import('./screens/write'));
const Books = lazy(() => import('./screens/books/books'));
const NewCase = lazy(() => import('./screens/case/new-case'));
const Meetings = lazy(() => import('./screens/meetings/meetings'));
const NewMeeting = lazy(() => import('./screens/meetings/new-meeting'));
const Meeting = lazy(() => import('./screens/meetings/meeting'));
const Papers = lazy(() => import('./screens/papers/papers'));
const Manage = lazy(() => import('./screens/manage/manage'));

export function App() {
  const session = useSyncExternalStore(onSessionChange, currentSession);
  useEffect(() => {
    if (session.phase === 'signed-out') document.title = 'サインイン | 相談記録';
  }, [session.phase]);
  switch (session.phase) {
    case 'starting':
      return (
        <main className="alone">
          <Loading />
        </main>
      );
    case 'unreachable':
      return (
        <main className="alone">
          <h1>相談記録</h1>
          <Failure error={new Unreachable()} retry={() => void start()} />
        </main>
      );
    case 'signed-out':
      return (
        <main className="alone">
          <h1>相談記録</h1>
          <SignIn />
        </main>
      );
    default:
      return (
        <>
          <Shell me={session.me}>
            <Screen me={session.me} />
          </Shell>
          {session.phase === 'active' && <IdleWarning />}
          {session.phase === 'interrupted' && <SignInAgain session={session} />}
        </>
      );
  }
}

function Screen({ me }: { readonly me: Me }) {
  const route = useRoute();
  const [created, setCreated] = useState<string | null>(null);
  return (
    <Suspense fallback={<Loading />}>
      <Routed route={route} me={me} created={created} onCreated={setCreated} />
    </Suspense>
  );
}

interface RoutedProps {
  readonly route: Route;
  readonly me: Me;
  readonly created: string | null;
  readonly onCreated: (caseId: string) => void;
}

function Routed({ route, me, created, onCreated }: RoutedProps) {
  switch (route.at) {
    case 'today':
      return me.can.listCases ? <Today /> : <Nowhere />;
    case 'write':
      return me.can.listCases ? <Write me={me} /> : <Nowhere />;
    case 'books':
      return <Books key={route.book} me={me} route={route} />;
    case 'cases':
      return <Cases me={me} />;
    case 'new-case':
      return me.can.createCase ? <NewCase me={me} onCreated={onCreated} /> : <Nowhere />;
    case 'case':
      if (!me.can.listCases && me.role === 'auditor') {
        return route.tab === 'audit' ? (
          <CaseAudit key={route.caseId} caseId={route.caseId} />
        ) : (
          <Nowhere />
        );
      }
      return (
        <Case key={route.caseId} me={me} route={route} justCreated={created === route.caseId} />
      );
    case 'meetings':
      return me.can.listCases ? <Meetings me={me} /> : <Nowhere />;
    case 'new-meeting':
      return me.can.convene ? <NewMeeting me={me} /> : <Nowhere />;
    case 'meeting':
      return me.can.listCases ? (
        <Meeting key={route.meetingId} me={me} route={route} />
      ) : (
        <Nowhere />
      );
    case 'manage':
      return <Manage me={me} route={route} nowhere={<Nowhere />} />;
    case 'papers':
      return <Papers />;
    case 'nowhere':
      return <Nowhere />;
  }
}

/** Says the same whether there is no such place or it is not for this person. */
function Nowhere() {
  return (
    <>
      <ScreenHeading>表示できる記録がありません</ScreenHeading>
      <p>
        <a href="#/">ケース一覧に戻る</a>
      </p>
    </>
  );
}
